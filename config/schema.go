package config

import (
	"encoding"
	"reflect"
	"strconv"
	"strings"
)

// key describes one key of the file, read off a field of a struct in config.go.
type key struct {
	owner    reflect.Type // the struct
	field    reflect.StructField
	name     string // in the file
	def      string // text of the default; empty: the zero value
	min, max string // text of the limits, inclusive; empty: none
	required bool
}

// keysOf returns the keys of a group, in the order of the struct.
func keysOf(group reflect.Type) []key {
	keys := make([]key, group.NumField())
	for i := range keys {
		f := group.Field(i)
		keys[i] = key{
			owner: group, field: f, name: f.Tag.Get("yaml"), def: f.Tag.Get("default"),
			min: f.Tag.Get("min"), max: f.Tag.Get("max"), required: f.Tag.Get("required") == "true",
		}
	}
	return keys
}

// listSetter is a single value that may be written as a list of texts too.
type listSetter interface{ setList([]string) error }

// shape is what a key's value looks like.
type shape uint8

const (
	shapeValue       shape = iota // one text, number or truth
	shapeValueOrList              // one value or a list of texts
	shapeTexts                    // a list of texts
	shapeGroup                    // keys
	shapeGroups                   // a list of groups
)

func shapeOf(t reflect.Type) shape {
	p := reflect.PointerTo(t)
	switch {
	case p.Implements(reflect.TypeFor[listSetter]()):
		return shapeValueOrList
	case p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return shapeValue
	case t.Kind() == reflect.Struct:
		return shapeGroup
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		return shapeGroups
	case t.Kind() == reflect.Slice:
		return shapeTexts
	}
	return shapeValue
}

// leaf is a key that holds a value, with its path from the top.
type leaf struct {
	key
	path string // list items stand as [0]
}

// leaves returns every key below group that holds a value.
func leaves(group reflect.Type, path string) []leaf {
	var all []leaf
	for _, k := range keysOf(group) {
		p := join(path, k.name)
		switch shapeOf(k.field.Type) {
		case shapeGroup:
			all = append(all, leaves(k.field.Type, p)...)
		case shapeGroups:
			all = append(all, leaves(k.field.Type.Elem(), item(p, 0))...)
		default:
			all = append(all, leaf{key: k, path: p})
		}
	}
	return all
}

// join returns the path of the key name in the group path.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// item returns the path of an item of the list path.
func item(path string, index int) string { return path + "[" + strconv.Itoa(index) + "]" }

// parent returns the group or list that path is part of; "" is the top.
func parent(path string) string {
	return path[:max(strings.LastIndexAny(path, ".["), 0)]
}

const envPrefix = "PHOTOEDGE_"

// variableOf returns the environment variable that sets the key at path.
func variableOf(path string) string {
	underscored := strings.NewReplacer(".", "_", "[", "_", "]", "").Replace(path)
	return envPrefix + strings.ToUpper(underscored)
}
