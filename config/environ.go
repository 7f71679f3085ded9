package config

import (
	"cmp"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// configVariable holds the path of the file. It is the caller's.
const configVariable = envPrefix + "CONFIG"

// variable is an environment variable that sets a key.
type variable struct {
	name, value string
	steps       []step
	typ         reflect.Type // of the key
}

// step is one step down the tree: a key of a group, or an index of a list.
type step struct {
	name  string // empty: an index
	index int
}

// overlay sets environ's variables in the tree below root. Problems come in the
// order of the variables' keys.
func overlay(root *node, environ []string, r *report) {
	seen := map[string]bool{}
	var vars []variable
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix) || name == configVariable || isServiceLink(name, value) {
			continue
		}
		at := place{source: plain(name), variable: true}
		if seen[name] {
			r.at(at, "", "is set twice in the environment")
			continue
		}
		seen[name] = true
		steps, typ, ok := resolve(reflect.TypeFor[Config](), strings.TrimPrefix(name, envPrefix))
		if !ok {
			r.at(at, "", "sets no key; did you mean %s?", suggestVariable(name))
			continue
		}
		if s := shapeOf(typ); s == shapeGroup || s == shapeGroups {
			r.at(at, "", "is a group of keys: set them one by one, such as %s", firstVariable(steps, typ))
			continue
		}
		vars = append(vars, variable{name: name, value: value, steps: steps, typ: typ})
	}
	slices.SortFunc(vars, func(a, b variable) int { return slices.CompareFunc(a.steps, b.steps, step.compare) })
	for _, v := range vars {
		v.apply(root, r)
	}
}

// serviceLink is what Kubernetes puts into the environment of every pod beside a
// service called photoedge or photoedge-…, unless enableServiceLinks is false.
var serviceLink = regexp.MustCompile(`_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_\w+)?)$`)

// isServiceLink tells Kubernetes' PHOTOEDGE_PORT=tcp://10.0.0.1:80 from
// PHOTOEDGE_PORT=8080, which somebody meant for us.
func isServiceLink(name, value string) bool {
	return serviceLink.MatchString(name) || strings.HasSuffix(name, "_PORT") && strings.Contains(value, "://")
}

// resolve returns the way to the key that a variable names, rest being what of
// the name is left below t.
func resolve(t reflect.Type, rest string) (steps []step, typ reflect.Type, ok bool) {
	switch shapeOf(t) {
	case shapeGroup:
		for _, k := range keysOf(t) {
			after, found := strings.CutPrefix(rest, strings.ToUpper(k.name))
			if !found || after != "" && after[0] != '_' {
				continue
			}
			if steps, typ, ok = descend(k.field.Type, after); ok {
				return append([]step{{name: k.name}}, steps...), typ, true
			}
		}
	case shapeGroups, shapeTexts, shapeValueOrList:
		return resolveItem(t, rest)
	case shapeValue: // has nothing below it
	}
	return nil, nil, false
}

// resolveItem is resolve below a list, where an index comes first.
func resolveItem(t reflect.Type, rest string) (steps []step, typ reflect.Type, ok bool) {
	end := strings.IndexByte(rest, '_')
	if end < 0 {
		end = len(rest)
	}
	if !isIndex(rest[:end]) {
		return nil, nil, false
	}
	elem := reflect.TypeFor[string]() // of a value that may be a list
	if t.Kind() == reflect.Slice {
		elem = t.Elem()
	}
	if steps, typ, ok = descend(elem, rest[end:]); !ok {
		return nil, nil, false
	}
	index, _ := strconv.Atoi(rest[:end])
	return append([]step{{index: index}}, steps...), typ, true
}

// firstVariable names a variable of the group or list of groups of type t at the
// end of steps.
func firstVariable(steps []step, t reflect.Type) string {
	path := ""
	for _, s := range steps {
		path = s.after(path)
	}
	if t.Kind() == reflect.Slice {
		path, t = item(path, 0), t.Elem()
	}
	return variableOf(leaves(t, path)[0].path)
}

// after returns the path of the step from path.
func (a step) after(path string) string {
	if a.name != "" {
		return join(path, a.name)
	}
	return item(path, a.index)
}

// descend resolves what follows a step to a value of type t: nothing, or "_" and
// a rest.
func descend(t reflect.Type, after string) (steps []step, typ reflect.Type, ok bool) {
	if after == "" {
		return nil, t, true
	}
	return resolve(t, after[1:])
}

// isIndex says whether s counts items of a list: up to four digits without
// leading zeros.
func isIndex(s string) bool {
	return s != "" && len(s) <= 4 && strings.Trim(s, "0123456789") == "" && (s == "0" || s[0] != '0')
}

func (a step) compare(b step) int {
	return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.index, b.index))
}

// apply walks down from n, makes what is missing on the way, and puts the
// variable's value at the end. Where the file has a value of another shape on
// the way, it stays, for the decoder to complain of.
func (v variable) apply(n *node, r *report) {
	at := place{source: v.name, variable: true}
	path := ""
	for i, s := range v.steps {
		if n.whole {
			r.at(at, path, "is set by %s already: use one of them", n.place.source)
			return
		}
		var child *node
		if s.name != "" {
			child = n.childByName(s.name, at)
		} else {
			if n.kind == list && s.index > len(n.items) {
				r.at(at, path, "the next index is %d, not %d", len(n.items), s.index)
				return
			}
			child = n.childByIndex(s.index, at)
		}
		if child == nil {
			return
		}
		n, path = child, s.after(path)
		v.prepare(n, path, i+1)
	}
	v.put(n, at)
}

// prepare gives a new node, or one whose list the environment begins, the kind
// that the next step needs.
func (v variable) prepare(n *node, path string, next int) {
	if next == len(v.steps) {
		return
	}
	fresh := n.kind == nothing && n.place.variable
	at := place{source: variableOf(path), variable: true}
	switch {
	case v.steps[next].name != "" && fresh:
		*n = node{kind: group, place: at}
	case v.steps[next].name == "" && (fresh || next == len(v.steps)-1 && n.kind != list && !n.whole):
		*n = node{kind: list, place: at}
	}
}

// childByName returns the value of a key of n, made if missing, or nil if n is
// no group.
func (n *node) childByName(name string, at place) *node {
	if n.kind != group {
		return nil
	}
	child := n.get(name)
	if child == nil {
		child = &node{place: at}
		n.fields = append(n.fields, field{name: name, value: child})
	}
	return child
}

// childByIndex returns an item of n, made if it is the next, or nil if n is no
// list.
func (n *node) childByIndex(index int, at place) *node {
	if n.kind != list {
		return nil
	}
	if index == len(n.items) {
		n.items = append(n.items, &node{place: at})
	}
	return n.items[index]
}

// put makes n the variable's value. A list's items are separated by commas.
func (v variable) put(n *node, at place) {
	*n = node{kind: untyped, place: at, scalar: v.value, whole: true}
	s := shapeOf(v.typ)
	if s == shapeTexts || s == shapeValueOrList && strings.Contains(v.value, ",") {
		n.kind = list
		if v.value == "" {
			return
		}
		for part := range strings.SplitSeq(v.value, ",") {
			n.items = append(n.items, &node{kind: untyped, place: at, scalar: strings.TrimSpace(part)})
		}
	}
}
