package proxy

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"photoedge/cache"
	"photoedge/origin"
)

func TestScriptsInObjectsAreSandboxed(t *testing.T) {
	for _, c := range []struct {
		contentType string
		sandbox     bool
	}{
		{"image/jpeg", false},
		{"image/svg+xml", true},
		{"IMAGE/SVG+XML; charset=utf-8", true},
		{"text/html", true},
		{"application/xhtml+xml", true},
		{"application/xml", true},
		{"video/mp4", false},
		{"text/plain", false},
	} {
		t.Run(c.contentType, func(t *testing.T) {
			for _, allow := range []bool{false, true} {
				e := newEdge(t, edgeOptions{site: func(s *Site) { s.AllowScripts = allow }})
				e.origin.set(answerWith(func() *origin.Response {
					r := found([]byte("<svg/>"), `"v1"`)
					r.Header.Set("Content-Type", c.contentType)
					return r
				}))
				for _, state := range []string{"cold", "warm"} {
					got := e.get(t, "/x")
					assert.Equal(t, c.sandbox && !allow, got.header.Get("Content-Security-Policy") != "", state)
					assert.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
					eventually(t, "no fill", e.idle)
				}
			}
		})
	}
}

func TestOnlyTheSitesContentTypesAreServed(t *testing.T) {
	e := newEdge(t, edgeOptions{site: func(s *Site) { s.ContentTypes = []string{"image/*", "video/mp4"} }})
	for contentType, status := range map[string]int{
		"image/jpeg": 200, "Image/PNG; q=1": 200, "video/mp4": 200, "video/webm": 403, "text/html": 403, "": 403, "imagex/png": 403,
	} {
		e.origin.set(answerWith(func() *origin.Response {
			r := found([]byte("body"), `"v1"`)
			r.Header.Set("Content-Type", contentType)
			return r
		}))
		for range 2 {
			got := e.get(t, "/of-type/"+contentType)
			assert.Equal(t, status, got.status, contentType)
			if status == 403 {
				assert.NotContains(t, string(got.body), "body")
			}
		}
	}
}

func TestCORS(t *testing.T) {
	site := func(origins ...string) *edge {
		e := newEdge(t, edgeOptions{site: func(s *Site) { s.CORSOrigins = origins }})
		e.origin.set(answerWith(func() *origin.Response { return found([]byte("x"), `"v1"`) }))
		return e
	}
	none, all, some := site(), site("*"), site("https://a.example", "https://b.example")

	assert.Empty(t, none.get(t, "/x", "Origin", "https://a.example").header.Get("Access-Control-Allow-Origin"))
	assert.Equal(t, "*", all.get(t, "/x").header.Get("Access-Control-Allow-Origin"))
	assert.Empty(t, all.get(t, "/x").header.Get("Vary"))

	mine := some.get(t, "/x", "Origin", "https://b.example")
	assert.Equal(t, "https://b.example", mine.header.Get("Access-Control-Allow-Origin"))
	assert.Equal(t, "Origin", mine.header.Get("Vary"))
	assert.Contains(t, mine.header.Get("Access-Control-Expose-Headers"), "Cache-Status")
	foreign := some.get(t, "/x", "Origin", "https://c.example")
	assert.Empty(t, foreign.header.Get("Access-Control-Allow-Origin"))
	assert.Equal(t, "Origin", foreign.header.Get("Vary"), "other caches must know that it would differ")
	assert.Equal(t, "https://a.example", some.get(t, "/bad%00", "Origin", "https://a.example").header.Get("Access-Control-Allow-Origin"),
		"a script may read why it was refused")

	preflight := some.do(t, http.MethodOptions, "/x", "Origin", "https://a.example", "Access-Control-Request-Method", "GET")
	assert.Equal(t, 204, preflight.status)
	assert.Equal(t, "https://a.example", preflight.header.Get("Access-Control-Allow-Origin"))
	assert.Contains(t, preflight.header.Get("Access-Control-Allow-Headers"), "Range")
	assert.Contains(t, preflight.header.Get("Access-Control-Allow-Methods"), "GET")
	assert.Equal(t, "86400", preflight.header.Get("Access-Control-Max-Age"))
	refused := some.do(t, http.MethodOptions, "/x", "Origin", "https://c.example", "Access-Control-Request-Method", "GET")
	assert.Equal(t, 204, refused.status)
	assert.Empty(t, refused.header.Get("Access-Control-Allow-Methods"))
	assert.Len(t, some.origin.requests(), 1)
}

func TestClientCacheControl(t *testing.T) {
	setup := func(t *testing.T, honor bool) *edge {
		t.Helper()
		e := newEdge(t, edgeOptions{site: func(s *Site) {
			s.HonorClient = honor
			s.Policy = cache.Policy{DefaultTTL: time.Hour}
		}})
		e.origin.set(answerWith(func() *origin.Response {
			return found([]byte("x"), `"v1"`, "Age", "100", "Cache-Control", "max-age=1000")
		}))
		e.get(t, "/x")
		eventually(t, "no fill", e.idle)
		e.origin.set(answerWith(func() *origin.Response { return notModifiedAnswer(`"v1"`, "Age", "100") }))
		return e
	}
	for _, c := range []struct {
		control string
		asks    int // how often the origin is asked when it is honoured
	}{
		{"no-cache", 1}, {"max-age=0", 1}, {"max-age=99", 1}, {"max-age=200", 0}, {"min-fresh=100", 0}, {"min-fresh=2000", 1}, {"max-stale", 0},
	} {
		t.Run(c.control, func(t *testing.T) {
			ignoring, honouring := setup(t, false), setup(t, true)
			assert.Equal(t, 200, ignoring.get(t, "/x", "Cache-Control", c.control).status)
			assert.Len(t, ignoring.origin.requests(), 1, "a reload must not reach S3")
			assert.Equal(t, 200, honouring.get(t, "/x", "Cache-Control", c.control).status)
			assert.Len(t, honouring.origin.requests(), 1+c.asks)
		})
	}
	pragma := setup(t, true)
	pragma.get(t, "/x", "Pragma", "no-cache")
	assert.Len(t, pragma.origin.requests(), 2)
}

func TestMaxStaleIsNotAboveTheOriginsWord(t *testing.T) {
	for control, asks := range map[string]int{"max-age=0": 0, "max-age=0, must-revalidate": 1} {
		e := newEdge(t, edgeOptions{site: func(s *Site) { s.HonorClient = true }})
		e.origin.set(answerWith(func() *origin.Response { return found([]byte("x"), `"v1"`, "Cache-Control", control) }))
		e.get(t, "/x")
		eventually(t, "no fill", e.idle)
		e.origin.set(answerWith(func() *origin.Response { return notModifiedAnswer(`"v1"`) }))
		require.Equal(t, 200, e.get(t, "/x", "Cache-Control", "max-stale=1000").status)
		assert.Len(t, e.origin.requests(), 1+asks, control)
	}
}

func TestOnlyIfCached(t *testing.T) {
	e := newEdge(t, edgeOptions{})
	e.origin.set(answerWith(func() *origin.Response { return found([]byte("x"), `"v1"`) }))
	assert.Equal(t, 504, e.get(t, "/x", "Cache-Control", "only-if-cached").status)
	assert.Empty(t, e.origin.requests())
	e.get(t, "/x")
	eventually(t, "no fill", e.idle)
	assert.Equal(t, 200, e.get(t, "/x", "Cache-Control", "only-if-cached").status)
}
