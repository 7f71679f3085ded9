package config

import (
	"errors"
	"strings"
	"testing"
)

// FuzzParse: no text and no environment makes Parse panic. What it refuses, it
// tells in an *Error with problems that each say where; what it accepts is valid
// however often it is asked.
func FuzzParse(f *testing.F) {
	f.Add([]byte(Example), "")
	f.Add([]byte(minimal), "PHOTOEDGE_SITES_0_HOSTS=a,b\nPHOTOEDGE_SITES_0_QUERY_0=w\nPHOTOEDGE_SITES_1_PREFIX=x")
	f.Add([]byte("a: &a [*a]\n<<: *a\n"), "PHOTOEDGE_CACHE=1")
	f.Add([]byte("? x\n: y\n--- !!str\n...\n%YAML 1.2\n"), "PHOTOEDGE_SITES_9999_HOSTS=")
	f.Add([]byte("sites: [{hosts: ['*'], regions: [{name: x, bucket: \"123\", role: source, endpoint: 'http://[::1]:9'}]}]"), "PHOTOEDGE_ADMIN_LISTEN=[::]:0")
	f.Add([]byte("listen: |\n  x\nlisten: >-\n  y\ncache: {memory: 1e3, memory: 0x10, max_object: .inf}\n"), "PHOTOEDGE_LISTEN")
	f.Add([]byte("- - - [{: , }]\n\t- \"\\u0000\"\n"), "PHOTOEDGE_SITES_0_REGIONS_0_ROLE_0=x\nPHOTOEDGE_SITES_0_CORS_ORIGINS_0=*")
	f.Fuzz(func(t *testing.T, text []byte, environ string) {
		c, err := Parse("f.yaml", text, strings.Split(environ, "\n"))
		if err == nil {
			for range 2 {
				if err := c.Validate(); err != nil {
					t.Fatalf("accepted, but not valid: %v", err)
				}
			}
			return
		}
		var e *Error
		if !errors.As(err, &e) || len(e.Problems) == 0 || c != nil {
			t.Fatalf("%T without problems (%v), config %v", err, err, c)
		}
		for _, p := range e.Problems {
			if p.Source == "" || p.Message == "" || p.Line < 0 || strings.Contains(p.String(), "\n") {
				t.Fatalf("problem %#v", p)
			}
		}
	})
}
