package config

import (
	_ "embed"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
)

// Example is a commented configuration that names every key. It is valid.
//
//go:embed photoedge.example.yaml
var Example string

// configSource holds the comments of the structs: what each key means is written
// there and nowhere else.
//
//go:embed config.go
var configSource string

// Reference returns a table, in Markdown, of every key: its path, environment
// variable, type, default, limits and meaning.
func Reference() string {
	meanings := fieldComments()
	var b strings.Builder
	b.WriteString("| Key | Environment | Value | Default | Limits | Meaning |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, l := range leaves(reflect.TypeFor[Config](), "") {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s | %s |\n",
			strings.ReplaceAll(l.path, "[0]", "[]"),
			strings.ReplaceAll(variableOf(l.path), "_0_", "_<n>_"),
			valueText(l.field.Type), defaultText(l.key), limitsText(l.key),
			strings.ReplaceAll(meanings[l.owner.Name()+"."+l.field.Name], "|", `\|`))
	}
	return b.String()
}

// fieldComments returns the comments of the structs' fields by "Struct.Field",
// each on one line.
func fieldComments() map[string]string {
	comments := map[string]string{}
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", configSource, parser.ParseComments)
	if err != nil {
		return comments // it compiled, so it parses
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, isType := n.(*ast.TypeSpec)
		if !isType {
			return true
		}
		if s, isStruct := spec.Type.(*ast.StructType); isStruct {
			for _, f := range s.Fields.List {
				for _, name := range f.Names {
					comments[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
				}
			}
		}
		return false
	})
	return comments
}

// valueText says how a value of type t is written.
func valueText(t reflect.Type) string {
	if w, ok := reflect.Zero(t).Interface().(interface{ words() []string }); ok {
		return strings.Join(w.words(), ", ")
	}
	switch t {
	case reflect.TypeFor[Bytes]():
		return "size"
	case reflect.TypeFor[Duration]():
		return "duration"
	case reflect.TypeFor[Percent]():
		return "percentage"
	}
	switch t.Kind() {
	case reflect.Slice:
		return "list of texts"
	case reflect.Bool:
		return "true, false"
	case reflect.Int:
		return "whole number"
	case reflect.Float64:
		return "number"
	default:
		return "text"
	}
}

func defaultText(k key) string {
	switch {
	case k.required:
		return "required"
	case k.def != "":
		return "`" + k.def + "`"
	}
	return "empty"
}

func limitsText(k key) string {
	if k.min == "" {
		return ""
	}
	return k.min + " to " + k.max
}
