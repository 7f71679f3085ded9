package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// decoder puts the tree's values into a Config.
type decoder struct{ report *report }

// value decodes n, which is at path, into dst.
func (d *decoder) value(n *node, path string, dst reflect.Value) {
	if path != "" {
		d.report.places[path] = n.place
	}
	if n.kind == nothing {
		d.report.at(n.place, path, "has no value: give it one or remove the key")
		return
	}
	switch shapeOf(dst.Type()) {
	case shapeGroup:
		d.group(n, path, dst)
	case shapeGroups, shapeTexts:
		d.list(n, path, dst)
	case shapeValueOrList:
		if n.kind != list {
			d.scalar(n, path, dst)
			return
		}
		var texts []string
		d.list(n, path, reflect.ValueOf(&texts).Elem())
		if err := dst.Addr().Interface().(listSetter).setList(texts); err != nil {
			d.report.at(n.place, path, "%v", err)
		}
	case shapeValue:
		d.scalar(n, path, dst)
	}
}

func (d *decoder) group(n *node, path string, dst reflect.Value) {
	if n.kind != group {
		d.report.at(n.place, path, "must be a group of keys, not %s", describe(n))
		return
	}
	keys := keysOf(dst.Type())
	for _, f := range n.fields {
		known := false
		for i, k := range keys {
			if k.name == f.name {
				known = true
				d.value(f.value, join(path, k.name), dst.Field(i))
			}
		}
		if !known {
			d.report.at(f.value.place, join(path, plain(f.name)), "is not a key; %s", suggestKey(f.name, keys))
		}
	}
}

func (d *decoder) list(n *node, path string, dst reflect.Value) {
	if n.kind != list {
		d.report.at(n.place, path, "must be a list, not %s", describe(n))
		return
	}
	dst.Set(reflect.MakeSlice(dst.Type(), len(n.items), len(n.items)))
	for i, it := range n.items {
		setDefaults(dst.Index(i))
		d.value(it, item(path, i), dst.Index(i))
	}
}

func (d *decoder) scalar(n *node, path string, dst reflect.Value) {
	if n.kind == list || n.kind == group {
		d.report.at(n.place, path, "must be a single value, not %s", describe(n))
		return
	}
	if err := setScalar(dst, n.kind, n.scalar); err != nil {
		d.report.at(n.place, path, "%v", err)
	}
}

// setScalar reads s into dst. What YAML takes for a number is no text, and the
// other way round.
func setScalar(dst reflect.Value, k kind, s string) error {
	if u, ok := dst.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(s))
	}
	switch dst.Kind() {
	case reflect.String:
		if k == literal {
			return fmt.Errorf(`must be text: put quotes around it, "%s"`, s)
		}
		dst.SetString(s)
		return nil
	case reflect.Bool:
		if k == text || s != "true" && s != "false" {
			return fmt.Errorf("must be true or false without quotes, not %s", quote(s))
		}
		dst.SetBool(s == "true")
		return nil
	case reflect.Int:
		n, err := strconv.ParseInt(s, 10, 0)
		if errors.Is(err, strconv.ErrRange) {
			return fmt.Errorf("is too large a number: %s", quote(s))
		}
		if err != nil || k == text {
			return fmt.Errorf("must be a whole number without quotes, not %s", quote(s))
		}
		dst.SetInt(n)
		return nil
	case reflect.Float64:
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || k == text || strings.Trim(s, "0123456789.eE+-") != "" {
			return fmt.Errorf("must be a number without quotes, not %s", quote(s))
		}
		dst.SetFloat(f)
		return nil
	}
	panic(fmt.Sprintf("config: no way to read a %v", dst.Type()))
}

// setDefaults gives every key below dst its default.
func setDefaults(dst reflect.Value) {
	if shapeOf(dst.Type()) != shapeGroup {
		return
	}
	for i, k := range keysOf(dst.Type()) {
		if k.def == "" {
			setDefaults(dst.Field(i))
			continue
		}
		if err := setScalar(dst.Field(i), untyped, k.def); err != nil {
			panic(fmt.Sprintf("config: default of %s.%s: %v", k.owner, k.name, err)) // a slip in a tag, which the tests would show
		}
	}
}

// describe names what n is, for messages.
func describe(n *node) string {
	switch n.kind {
	case list:
		return "a list"
	case group:
		return "a group of keys"
	case nothing:
		return "nothing"
	default:
		return quote(n.scalar)
	}
}
