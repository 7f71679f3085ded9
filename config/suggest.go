package config

import (
	"fmt"
	"reflect"
	"strings"
)

// suggestKey says what an unknown key beside siblings might be meant to be.
func suggestKey(name string, siblings []key) string {
	names := make([]string, len(siblings))
	for i, k := range siblings {
		names[i] = k.name
	}
	if len(name) > maxQuoted {
		return "known here: " + strings.Join(names, ", ")
	}
	if best, distance := nearest(strings.ToLower(name), names); distance <= max(2, len(name)/3) && distance < len(name) {
		return fmt.Sprintf("did you mean %q?", best)
	}
	for _, l := range leaves(reflect.TypeFor[Config](), "") {
		if l.name == name {
			return fmt.Sprintf("did you mean %q?", strings.ReplaceAll(l.path, "[0]", "[]"))
		}
	}
	return "known here: " + strings.Join(names, ", ")
}

// suggestVariable returns the known variable nearest to an unknown one, with the
// same indexes.
func suggestVariable(name string) string {
	parts := strings.Split(name[:min(len(name), 2*maxQuoted)], "_")
	var indexes []string
	for i, p := range parts {
		if isIndex(p) {
			indexes = append(indexes, p)
			parts[i] = "0"
		}
	}
	name = strings.ToUpper(strings.Join(parts, "_"))
	var known, below []string // below: the same name inside of some group
	for _, l := range leaves(reflect.TypeFor[Config](), "") {
		v := variableOf(l.path)
		known = append(known, v)
		if end := strings.TrimPrefix(name, envPrefix); end != "" && strings.HasSuffix(v, "_"+end) {
			below = append(below, v)
		}
	}
	if len(below) > 0 {
		known = below
	}
	best, _ := nearest(name, known)
	parts = strings.Split(best, "_")
	for i, p := range parts {
		if p == "0" && len(indexes) > 0 {
			parts[i], indexes = indexes[0], indexes[1:]
		}
	}
	return strings.Join(parts, "_")
}

// nearest returns the word that is fewest edits away, the first of several.
func nearest(name string, words []string) (best string, distance int) {
	for i, w := range words {
		if d := edits(name, w); i == 0 || d < distance {
			best, distance = w, d
		}
	}
	return best, distance
}

// edits is the Levenshtein distance in bytes: how many must be put in, taken
// out or replaced to make b of a.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
