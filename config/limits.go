package config

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

const maxText = 1024 // bytes; S3 allows that for a key, and all else is shorter

// checkLimits checks what the tags say of each key of the group v, and that
// texts are fit for logs and headers.
func checkLimits(v reflect.Value, path string, r *report) {
	for i, k := range keysOf(v.Type()) {
		p, f := join(path, k.name), v.Field(i)
		if k.required && (f.IsZero() || f.Kind() == reflect.Slice && f.Len() == 0) {
			if !r.isFailed(p) {
				r.key(p, "is required")
			}
			continue
		}
		switch shapeOf(f.Type()) {
		case shapeGroup:
			checkLimits(f, p, r)
		case shapeGroups:
			for j := range f.Len() {
				checkLimits(f.Index(j), item(p, j), r)
			}
		case shapeTexts:
			for j := range f.Len() {
				checkLine(f.Index(j).String(), item(p, j), r)
			}
		case shapeValueOrList:
		case shapeValue:
			checkValue(f, k, p, r)
		}
	}
}

func checkValue(f reflect.Value, k key, path string, r *report) {
	if f.Kind() == reflect.String {
		checkLine(f.String(), path, r)
		return
	}
	switch {
	case k.min != "" && compare(f, k.min) < 0:
		r.key(path, "must be at least %s, not %v", k.min, f.Interface())
	case k.max != "" && compare(f, k.max) > 0:
		r.key(path, "must be at most %s, not %v", k.max, f.Interface())
	}
}

// checkLine checks a text of one line.
func checkLine(s, path string, r *report) {
	switch {
	case r.isFailed(path):
	case len(s) > maxText:
		r.key(path, "is longer than %d bytes", maxText)
	case !utf8.ValidString(s):
		r.key(path, "must be text in UTF-8, not %s", quote(s))
	case strings.ContainsFunc(s, isControl):
		r.key(path, "must not contain control characters such as line ends: %s", quote(s))
	}
}

// compare compares a number with the text of a limit of its type.
func compare(f reflect.Value, limit string) int {
	l := reflect.New(f.Type()).Elem()
	if err := setScalar(l, untyped, limit); err != nil {
		panic(fmt.Sprintf("config: limit %q: %v", limit, err)) // a slip in a tag, which the tests would show
	}
	if f.CanInt() {
		return cmp.Compare(f.Int(), l.Int())
	}
	return cmp.Compare(f.Float(), l.Float())
}

func isControl(c rune) bool { return c < ' ' || c == 0x7f }
