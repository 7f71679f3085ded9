package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func configLeaves() []leaf { return leaves(reflect.TypeFor[Config](), "") }

func TestEveryKeyIsDescribed(t *testing.T) {
	reference := Reference()
	comments := fieldComments()
	for _, l := range configLeaves() {
		t.Run(l.path, func(t *testing.T) {
			assert.Regexp(t, `^[a-z]+(_[a-z]+)*$`, l.name)
			assert.GreaterOrEqual(t, len(comments[l.owner.Name()+"."+l.field.Name]), 20, "its comment in config.go")
			assert.Contains(t, reference, "| `"+strings.ReplaceAll(l.path, "[0]", "[]")+"` |")
			assert.Equal(t, l.min == "", l.max == "", "both limits or none")
			if k := l.field.Type.Kind(); k == reflect.Int || k == reflect.Int64 {
				assert.NotEmpty(t, l.min, "a number has limits")
			}
			v := reflect.New(l.field.Type).Elem()
			for _, text := range []string{l.def, l.min, l.max} {
				if text != "" {
					assert.NoError(t, setScalar(v, untyped, text))
				}
			}
			if l.min != "" {
				require.NoError(t, setScalar(v, untyped, l.def))
				assert.GreaterOrEqual(t, compare(v, l.min), 0)
				assert.LessOrEqual(t, compare(v, l.max), 0)
			}
		})
	}
}

func TestReference(t *testing.T) {
	r := Reference()
	assert.Contains(t, r, "| `cache.memory` | `PHOTOEDGE_CACHE_MEMORY` | size | `4GiB` | 1MiB to 64TiB | Memory for cached objects,")
	assert.Contains(t, r, "| `sites[].regions[].role` | `PHOTOEDGE_SITES_<n>_REGIONS_<n>_ROLE` | source, replica | required |  | source is where")
	assert.Contains(t, r, "| `sites[].cors.origins` | `PHOTOEDGE_SITES_<n>_CORS_ORIGINS` | list of texts | empty |  | Origins whose")
	assert.Contains(t, r, "| `origin.hedge.quantile` | `PHOTOEDGE_ORIGIN_HEDGE_QUANTILE` | number | `0.95` |")
	assert.Len(t, strings.Split(strings.TrimSpace(r), "\n"), 2+len(configLeaves()))
	for _, line := range strings.Split(strings.TrimSpace(r), "\n") {
		assert.Equal(t, 7, strings.Count(strings.ReplaceAll(line, `\|`, ""), "|"), line)
	}
}

func TestExampleNamesEveryKey(t *testing.T) {
	r := newReport(place{source: "example"})
	tree := readTree([]byte(Example), r)
	require.NoError(t, r.err())
	for _, l := range configLeaves() {
		n := tree
		for _, name := range strings.Split(l.path, ".") {
			name, inList := strings.CutSuffix(name, "[0]")
			n = n.get(name)
			require.NotNil(t, n, l.path)
			if inList {
				n = n.items[0]
			}
		}
	}
}

// TestEnvironmentNamesAreUnambiguous: each key's variable names that key, and is
// neither Kubernetes' nor reserved.
func TestEnvironmentNamesAreUnambiguous(t *testing.T) {
	seen := map[string]string{configVariable: "reserved"}
	for _, l := range configLeaves() {
		name := variableOf(l.path)
		assert.Empty(t, seen[name], name)
		seen[name] = l.path
		assert.False(t, isServiceLink(name, "tcp://10.0.0.1:80"), name)
		steps, typ, ok := resolve(reflect.TypeFor[Config](), strings.TrimPrefix(name, envPrefix))
		require.True(t, ok, name)
		path := ""
		for _, s := range steps {
			path = s.after(path)
		}
		assert.Equal(t, l.path, path)
		assert.Equal(t, l.field.Type, typ)
	}
}

// anotherValue returns a value for the key that is neither its default nor what
// the base of TestEveryKeyWorks has.
func anotherValue(l leaf) string {
	special := map[string]string{
		"listen": ":81", "cache.max_object": "63MiB", "admin.listen": "127.0.0.1:82", "sites[0].hosts": "other.example.com",
		"sites[0].regions[0].name": "eu-west-1", "sites[0].regions[0].bucket": "other",
		"sites[0].regions[0].endpoint": "https://s3.example.com", "sites[0].regions[0].signing_region": "eu-west-2",
		"sites[0].regions[0].role": "source", "sites[0].cors.origins": "https://example.org",
		"sites[0].content_types": "image/webp",
		"sites[0].query":         "include", "sites[0].client_cache_control": "honor",
		"origin.hedge.quantile": "0.9", "origin.breaker.window": "90s", "origin.deadline": "16s",
	}
	if v, ok := special[l.path]; ok {
		return v
	}
	switch l.field.Type {
	case reflect.TypeFor[Bytes]():
		return "65MiB"
	case reflect.TypeFor[Duration]():
		return "1900ms"
	case reflect.TypeFor[Percent]():
		return "33%"
	}
	switch l.field.Type.Kind() {
	case reflect.Bool:
		return "true"
	case reflect.Int:
		return "77"
	default:
		return "other"
	}
}

// TestEveryKeyWorks sets each key by the file and by the environment, alone, and
// expects the same configuration, which differs from the one without.
func TestEveryKeyWorks(t *testing.T) {
	base := []string{
		"PHOTOEDGE_SITES_0_HOSTS_0=img.example.com", "PHOTOEDGE_SITES_0_REGIONS_0_NAME=us-east-1",
		"PHOTOEDGE_SITES_0_REGIONS_0_BUCKET=photos", "PHOTOEDGE_SITES_0_REGIONS_0_ROLE=replica",
		"PHOTOEDGE_SITES_0_REGIONS_1_NAME=us-east-2", "PHOTOEDGE_SITES_0_REGIONS_1_BUCKET=photos2",
		"PHOTOEDGE_SITES_0_REGIONS_1_ROLE=source", "PHOTOEDGE_CACHE_FILL_MEMORY=64MiB",
	}
	without, err := Load("", base)
	require.NoError(t, err)
	for _, l := range configLeaves() {
		t.Run(l.path, func(t *testing.T) {
			base := base
			if l.path == "sites[0].regions[0].role" { // the other must give way
				base = append(slices.Clone(base), "PHOTOEDGE_SITES_0_REGIONS_1_ROLE=replica")
				base = slices.Delete(base, 6, 7)
			}
			value := anotherValue(l)
			byEnvironment, err := Load("", replace(base, variableOf(l.path), value))
			require.NoError(t, err)
			assert.NotEqual(t, without, byEnvironment)

			byFile, err := Parse("photoedge.yaml", []byte(yamlOf(l, value)), drop(base, variableOf(l.path)))
			require.NoError(t, err)
			assert.Equal(t, byEnvironment, byFile)
		})
	}
}

// replace returns environ with name=value, without what was below name.
func replace(environ []string, name, value string) []string {
	return append(drop(environ, name), name+"="+value)
}

func drop(environ []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(e string) bool {
		return strings.HasPrefix(e, name+"=") || strings.HasPrefix(e, name+"_0=")
	})
}

// yamlOf writes a file that has one key.
func yamlOf(l leaf, value string) string {
	switch shapeOf(l.field.Type) {
	case shapeTexts:
		value = fmt.Sprintf("[%q]", value)
	case shapeValue, shapeValueOrList, shapeGroup, shapeGroups:
		if l.field.Type.Kind() == reflect.String {
			value = fmt.Sprintf("%q", value)
		}
	}
	parts := strings.Split(l.path, ".")
	for i, p := range slices.Backward(parts) {
		name, inList := strings.CutSuffix(p, "[0]")
		switch {
		case i == len(parts)-1:
			value = name + ": " + value
		case inList:
			value = name + ": [{" + value + "}]"
		default:
			value = name + ": {" + value + "}"
		}
	}
	return value
}
