package config

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Error is everything that is wrong with a configuration: the file's problems
// by line, then the environment's.
type Error struct {
	// Problems is never empty.
	Problems []Problem
	// cause is why the file could not be read, if that is the problem.
	cause error
}

// Error returns one problem per line.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the error of the file system when the file could not be read,
// otherwise nil.
func (e *Error) Unwrap() error { return e.cause }

// Problem is one thing that is wrong, and where.
type Problem struct {
	// Source is the file or the environment variable.
	Source string
	// Line in the file, from 1. Zero: of the whole file, or of a variable.
	Line int
	// Key is the path of the key, such as sites[0].hosts. Empty: no single key.
	Key string
	// Message says what is wrong and, where possible, what to write instead.
	Message string
}

// String returns "source:line: key: message" without the parts that are empty.
func (p Problem) String() string {
	s := p.Source
	if p.Line > 0 {
		s += ":" + strconv.Itoa(p.Line)
	}
	if p.Key != "" {
		s += ": " + p.Key
	}
	return s + ": " + p.Message
}

// place is where a value was set.
type place struct {
	source   string // file or variable
	line     int    // zero: not known, or a variable
	variable bool   // source is an environment variable
}

// report gathers the problems of all steps. The zero value is not usable.
type report struct {
	// root stands for the whole configuration.
	root place
	// places of all keys that were set, by path.
	places   map[string]place
	failed   map[string]bool
	problems []found
}

type found struct {
	Problem
	variable bool
}

func newReport(root place) *report {
	return &report{root: root, places: map[string]place{}, failed: map[string]bool{}}
}

// at adds a problem of key, which is at p.
func (r *report) at(p place, key, format string, args ...any) {
	r.failed[key] = true
	r.problems = append(r.problems, found{
		Problem:  Problem{Source: p.source, Line: p.line, Key: key, Message: fmt.Sprintf(format, args...)},
		variable: p.variable,
	})
}

// key adds a problem of key, wherever that was set.
func (r *report) key(key, format string, args ...any) {
	r.at(r.placeOf(key), key, format, args...)
}

// contradiction adds a problem of keys that do not go together. It is told of
// the first, at the place of the first that was set, and not at all if one of
// them is wrong by itself: then its value here is not what was meant.
func (r *report) contradiction(keys []string, format string, args ...any) {
	if slices.ContainsFunc(keys, r.isFailed) {
		return
	}
	p := r.placeOf(keys[0])
	for _, k := range keys {
		if set, ok := r.places[k]; ok {
			p = set
			break
		}
	}
	r.at(p, keys[0], format, args...)
}

// isFailed says whether key, or a group or list that it is part of, has a
// problem.
func (r *report) isFailed(key string) bool {
	for ; key != ""; key = parent(key) {
		if r.failed[key] {
			return true
		}
	}
	return false
}

// placeOf returns where key was set. If it was not, that is where the group it
// belongs to was set, and for a group of the environment the variable to set.
func (r *report) placeOf(key string) place {
	if p, ok := r.places[key]; ok {
		return p
	}
	for up := parent(key); up != ""; up = parent(up) {
		if p, ok := r.places[up]; ok {
			if p.variable {
				p.source = variableOf(key)
			}
			return p
		}
	}
	return r.root
}

// err returns all problems in order, or nil.
func (r *report) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b found) int {
		if a.variable != b.variable {
			if a.variable {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.Line, b.Line)
	})
	e := &Error{}
	for _, f := range r.problems {
		e.Problems = append(e.Problems, f.Problem)
	}
	return e
}

const maxQuoted = 80

// quote returns text for a message: in quotes, escaped, cut when long.
func quote(text string) string {
	if len(text) > maxQuoted {
		return strconv.Quote(text[:maxQuoted]) + "…"
	}
	return strconv.Quote(text)
}
