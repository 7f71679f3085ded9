package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	maxFileSize = 1 << 20 // bytes; a thousand sites need a third
	maxTokens   = 100_000 // the parser's time grows with their square in the worst case
	maxNesting  = 32      // the keys need 5
)

// readTree makes the tree of a YAML text. It returns nil when there is none, and
// has reported why.
func readTree(data []byte, r *report) *node {
	line, err := checkText(data)
	if err != nil {
		r.at(r.root.onLine(line), "", "%v", err)
		return nil
	}
	doc, line, err := parseYAML(string(bytes.TrimPrefix(data, []byte("\uFEFF"))))
	if err != nil {
		r.at(r.root.onLine(line), "", "%v", err)
		return nil
	}
	n := (&treeReader{report: r}).node(doc, "", r.root)
	switch n.kind {
	case group:
		return n
	case nothing:
		r.at(r.root, "", "%v", errEmpty)
	default:
		r.at(r.root.onLine(lineOf(doc.GetToken())), "", `must be a group of keys, such as "sites:", not %s`, describe(n))
	}
	return nil
}

func (p place) onLine(line int) place {
	p.line = line
	return p
}

// checkText refuses what no editor wrote as a configuration.
func checkText(data []byte) (line int, err error) {
	if len(data) > maxFileSize {
		return 0, fmt.Errorf("is larger than %v: this is not a configuration of photoedge", Bytes(maxFileSize))
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return 0, errEmpty
	}
	for i := 0; i < len(data); {
		c, size := utf8.DecodeRune(data[i:])
		if c == utf8.RuneError && size == 1 || c == 0 {
			return 0, errors.New("is not a text in UTF-8: give the YAML file, saved as UTF-8")
		}
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			return 1 + bytes.Count(data[:i], []byte("\n")), fmt.Errorf("has the control character %q: remove it", c)
		}
		i += size
	}
	return 0, nil
}

var errEmpty = errors.New("is empty: at least sites must be set, see the example file")

// parseYAML returns the one document of src, or what is wrong in which line.
func parseYAML(src string) (doc ast.Node, line int, err error) {
	// The parser is not ours. It may fail on a text, but must not end the process.
	defer func() {
		if p := recover(); p != nil {
			doc, line, err = nil, 0, fmt.Errorf("cannot be read as YAML: %s", firstLine(fmt.Sprint(p)))
		}
	}()
	tokens := lexer.Tokenize(src)
	if line, err = checkTokens(tokens); err != nil {
		return nil, line, err
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var syntax *yaml.SyntaxError
		if !errors.As(err, &syntax) {
			return nil, 0, fmt.Errorf("is not YAML: %s", firstLine(err.Error()))
		}
		line = lineOf(syntax.Token)
		return nil, line, fmt.Errorf("is not YAML: %s%s", firstLine(syntax.Message), tabHint(src, line))
	}
	var bodies []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil {
			bodies = append(bodies, d.Body)
		}
	}
	switch {
	case len(bodies) == 0:
		return nil, 0, errEmpty
	case len(bodies) > 1:
		return nil, lineOf(bodies[len(bodies)-1].GetToken()), errDocuments
	}
	return bodies[0], 0, nil
}

var errDocuments = errors.New(`begins another YAML document: keep one, without "---" between keys`)

// checkTokens refuses what a configuration does not need and what could make
// the parser recurse without end.
func checkTokens(tokens token.Tokens) (line int, err error) {
	if len(tokens) > maxTokens {
		return 0, fmt.Errorf("has more than %d words and signs: this is not a configuration of photoedge", maxTokens)
	}
	depth, dashes, dashLine, headers := 0, 0, 0, 0
	for _, t := range tokens {
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			return lineOf(t), fmt.Errorf("has a YAML anchor or alias (%s): write the value out, "+
				"and put quotes around a text that begins with & or *, such as \"*\"", t.Value)
		case token.TagType, token.DirectiveType, token.MappingKeyType:
			return lineOf(t), fmt.Errorf("has a YAML tag, directive or complex key (%s): "+
				"write it out, or put quotes around a text that begins so", quote(t.Value))
		case token.DocumentHeaderType:
			if headers++; headers > 1 {
				return lineOf(t), errDocuments
			}
		case token.SequenceStartType, token.MappingStartType:
			depth++
		case token.SequenceEndType, token.MappingEndType:
			depth--
		case token.SequenceEntryType:
			if lineOf(t) != dashLine {
				dashes, dashLine = 0, lineOf(t)
			}
			dashes++
		}
		if depth > maxNesting || dashes > maxNesting {
			return lineOf(t), errors.New("nests too deeply for a configuration")
		}
	}
	return 0, nil
}

// tabHint says what is wrong with a line that is indented by a tab, which
// editors show as spaces.
func tabHint(src string, line int) string {
	for range line - 1 {
		_, src, _ = strings.Cut(src, "\n")
	}
	if strings.HasPrefix(strings.TrimLeft(src, " "), "\t") {
		return "; indent with spaces, not tabs"
	}
	return ""
}

func lineOf(t *token.Token) int {
	if t == nil || t.Position == nil {
		return 0
	}
	return t.Position.Line
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// treeReader turns the parser's nodes into ours.
type treeReader struct{ report *report }

func (t *treeReader) node(n ast.Node, path string, at place) *node {
	switch n := n.(type) {
	case *ast.MappingNode:
		return t.group(n.Values, path, at)
	case *ast.MappingValueNode:
		return t.group([]*ast.MappingValueNode{n}, path, at)
	case *ast.SequenceNode:
		out := &node{kind: list, place: at}
		for i, v := range n.Values {
			p := at
			if line := firstLineOf(v); line > 0 {
				p.line = line
			}
			out.items = append(out.items, t.node(v, item(path, i), p))
		}
		return out
	case *ast.StringNode:
		k := text
		if n.Token.Type == token.StringType {
			k = untyped
		}
		return &node{kind: k, place: at, scalar: n.Value}
	case *ast.LiteralNode:
		return &node{kind: text, place: at, scalar: n.Value.Value}
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return &node{kind: literal, place: at, scalar: n.GetToken().Value}
	}
	return &node{kind: nothing, place: at}
}

// firstLineOf returns the line on which n begins. A group's token is the colon
// after its first key.
func firstLineOf(n ast.Node) int {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 && !m.IsFlowStyle {
		return lineOf(m.Values[0].Key.GetToken())
	}
	if n == nil {
		return 0
	}
	return lineOf(n.GetToken())
}

func (t *treeReader) group(values []*ast.MappingValueNode, path string, at place) *node {
	out := &node{kind: group, place: at}
	lines := map[string]int{}
	for _, v := range values {
		tok := v.Key.GetToken()
		name := tok.Value
		p := at
		p.line = lineOf(tok)
		if first, twice := lines[name]; twice {
			t.report.at(p, join(path, plain(name)), "is set twice, first in line %d", first)
			continue
		}
		lines[name] = p.line
		out.fields = append(out.fields, field{name: name, value: t.node(v.Value, join(path, plain(name)), p)})
	}
	return out
}

// plain returns the name of a key for a path: as it is if it could be one,
// otherwise in quotes.
func plain(name string) string {
	for _, c := range name {
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return quote(name)
		}
	}
	if name == "" || len(name) > maxQuoted {
		return quote(name)
	}
	return name
}
