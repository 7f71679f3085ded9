package config

import (
	"strings"
	"testing"
)

func TestParseRefusesTexts(t *testing.T) {
	const empty = "f.yaml: is empty: at least sites must be set, see the example file"
	const anchor = `write the value out, and put quotes around a text that begins with & or *, such as "*"`
	const tag = "write it out, or put quotes around a text that begins so"
	const documents = `begins another YAML document: keep one, without "---" between keys`
	for name, c := range map[string]struct{ text, want string }{
		"nothing":             {"", empty},
		"spaces":              {" \n\t\n", empty},
		"only comments":       {"# sites:\n#  - x\n", empty},
		"only a header":       {"---\n", empty},
		"null":                {"null\n", empty},
		"too large":           {strings.Repeat("#", maxFileSize+1), "f.yaml: is larger than 1MiB: this is not a configuration of photoedge"},
		"too much":            {"[" + strings.Repeat("a,", maxTokens/2) + "]", "f.yaml: has more than 100000 words and signs: this is not a configuration of photoedge"},
		"not UTF-8":           {"listen: caf\xe9\n", "f.yaml: is not a text in UTF-8: give the YAML file, saved as UTF-8"},
		"UTF-16":              {"l\x00i\x00s\x00", "f.yaml: is not a text in UTF-8: give the YAML file, saved as UTF-8"},
		"control character":   {"listen: x\n# \x1b[31m\n", `f.yaml:2: has the control character '\x1b': remove it`},
		"a word":              {"\n\nlisten\n", `f.yaml:3: must be a group of keys, such as "sites:", not "listen"`},
		"a list":              {"- listen\n", `f.yaml:1: must be a group of keys, such as "sites:", not a list`},
		"open list":           {"listen: x\nsites: [\n", "f.yaml:2: is not YAML: sequence end token ']' not found"},
		"open quotes":         {"listen: \"x\n", "f.yaml:1: is not YAML: could not find end character of double-quoted text"},
		"tab":                 {"admin:\n\tlisten: x\n", "f.yaml:2: is not YAML: found character '\t' that cannot start any token; indent with spaces, not tabs"},
		"two colons":          {"listen: a: b\n", "f.yaml:1: is not YAML: mapping value is not allowed in this context"},
		"complex key":         {"? listen\n: x\n", `f.yaml:1: has a YAML tag, directive or complex key ("?"): ` + tag},
		"list as a key":       {"[a]: x\n", "f.yaml:1: is not YAML: found an invalid key for this map"},
		"anchor":              {"listen: &a x\n", "f.yaml:1: has a YAML anchor or alias (&): " + anchor},
		"star without quotes": {"sites:\n  - hosts: [*]\n", "f.yaml:2: has a YAML anchor or alias (*): " + anchor},
		"merge":               {"cache:\n  <<: {memory: 1GiB}\n", "f.yaml:2: has a YAML anchor or alias (<<): " + anchor},
		"tag":                 {"listen: !!str x\n", `f.yaml:1: has a YAML tag, directive or complex key ("!!str"): ` + tag},
		"directive":           {"%YAML 1.2\n---\nlisten: x\n", `f.yaml:1: has a YAML tag, directive or complex key ("%"): ` + tag},
		"two documents":       {minimal + "---\nlisten: x\n", "f.yaml:6: " + documents},
		"two headers":         {"---\n---\n" + minimal, "f.yaml:2: " + documents},
		"document after end":  {minimal + "...\nlisten: x\n", "f.yaml:6: " + documents},
		"deep lists":          {"a:\n  " + strings.Repeat("[", 200_000/4), "f.yaml:2: nests too deeply for a configuration"},
		"deep groups":         {strings.Repeat("{a: ", 20_000), "f.yaml:1: nests too deeply for a configuration"},
		"deep dashes":         {strings.Repeat("- ", 50_000), "f.yaml:1: nests too deeply for a configuration"},
		"alias bomb":          {"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", "f.yaml:1: has a YAML anchor or alias (&): " + anchor},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(c.text), nil)
			requireProblems(t, err, c.want)
		})
	}
}

func TestParseAcceptsTexts(t *testing.T) {
	for name, text := range map[string]string{
		"header":          "# photoedge\n---\n" + minimal,
		"byte order mark": "\uFEFF" + minimal,
		"CRLF":            strings.ReplaceAll(minimal, "\n", "\r\n"),
		"quotes in keys":  strings.ReplaceAll(minimal, "sites:", `"sites":`),
		"JSON":            `{"sites": [{"hosts": ["*"], "regions": [{"name": "us-east-1", "bucket": "photos", "role": "source"}]}]}`,
		"empty group":     minimal + "cache: {}\n",
		"plain address":   minimal + "listen: :80\n",
		"exponent":        minimal + "origin: {hedge: {quantile: 9e-1}}\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse("f.yaml", []byte(text), nil); err != nil {
				t.Fatal(err)
			}
		})
	}
}
