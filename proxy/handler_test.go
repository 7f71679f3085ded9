package proxy

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"

	"photoedge/cache"
	"photoedge/origin"
)

func answerWith(resp func() *origin.Response) func(context.Context, origin.Request) (*origin.Response, error) {
	return func(context.Context, origin.Request) (*origin.Response, error) { return resp(), nil }
}

func failWith(kind origin.Kind) func(context.Context, origin.Request) (*origin.Response, error) {
	return func(context.Context, origin.Request) (*origin.Response, error) {
		return nil, &origin.Error{Kind: kind, Region: "near", Err: fmt.Errorf("bucket secret-bucket is away"), RetryAfter: 1500 * time.Millisecond}
	}
}

func TestMissThenHit(t *testing.T) {
	e := newEdge(t, edgeOptions{})
	photo := pattern(300_000)
	e.origin.set(answerWith(func() *origin.Response {
		return found(photo, `"v1"`, "Cache-Control", "max-age=600", "X-Amz-Id-2", "internal", "X-Amz-Meta-Note", "private",
			"Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
	}))

	miss := e.get(t, "/album/1.jpg")
	require.NoError(t, miss.err)
	assert.Equal(t, http.StatusOK, miss.status)
	assert.Equal(t, photo, miss.body)
	assert.Equal(t, "photoedge; fwd=miss; fwd-status=200; stored; detail=near", miss.header.Get("Cache-Status"))

	// The follower of a just ended fill counts as such; wait for the store.
	eventually(t, "the fill leaves the table", func() bool { n, _ := e.handler.Fills(); return n == 0 })
	hit := e.get(t, "/album/1.jpg")
	require.NoError(t, hit.err)
	assert.Equal(t, photo, hit.body)
	assert.Regexp(t, `^photoedge; hit; ttl=(600|59\d)$`, hit.header.Get("Cache-Status"))
	assert.Equal(t, "image/jpeg", hit.header.Get("Content-Type"))
	assert.Equal(t, `"v1"`, hit.header.Get("Etag"))
	assert.Equal(t, "max-age=600", hit.header.Get("Cache-Control"))
	assert.Equal(t, "1.1 photoedge", hit.header.Get("Via"))
	assert.Len(t, hit.header.Values("Date"), 1)
	assert.Len(t, hit.header.Values("Age"), 1)
	for name := range hit.header {
		assert.NotContains(t, name, "Amz", "S3's own fields must not leave the edge")
	}

	head := e.do(t, http.MethodHead, "/album/1.jpg")
	assert.Equal(t, "300000", head.header.Get("Content-Length"))
	assert.Empty(t, head.body)

	cond := e.get(t, "/album/1.jpg", "If-None-Match", `W/"v1"`)
	assert.Equal(t, http.StatusNotModified, cond.status)
	assert.Empty(t, cond.header.Get("Content-Type"))
	assert.Equal(t, `"v1"`, cond.header.Get("Etag"))

	since := e.get(t, "/album/1.jpg", "If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT")
	assert.Equal(t, http.StatusOK, since.status, "the answer's version has no Last-Modified")

	assert.Len(t, e.origin.requests(), 1)
	assert.Equal(t, uint64(1), e.outcome(OutcomeMiss))
	assert.Equal(t, uint64(4), e.outcome(OutcomeHit))
}

func TestRefusals(t *testing.T) {
	e := newEdge(t, edgeOptions{site: func(s *Site) { s.Hosts = []string{"img.example.com"} }})
	e.origin.set(failWith(origin.KindNotFound))
	for _, c := range []struct {
		name, method, path, host string
		status                   int
	}{
		{"unknown host", "GET", "/a.jpg", "other.example.com", 421},
		{"known host with port and capitals", "GET", "/a.jpg", "IMG.example.com:8080", 404},
		{"method", "POST", "/a.jpg", "img.example.com", 405},
		{"options", "OPTIONS", "/a.jpg", "img.example.com", 204},
		{"dot segment", "GET", "/a/%2e%2e/b.jpg", "img.example.com", 400},
		{"control character", "GET", "/a%00b", "img.example.com", 400},
		{"bad escape", "GET", "/a%2", "img.example.com", 400},
		{"not UTF-8", "GET", "/a%ff", "img.example.com", 400},
		{"too long", "GET", "/" + string(make1025()), "img.example.com", 400},
		{"root", "GET", "/", "img.example.com", 404},
		{"unknown key", "GET", "/nothing.jpg", "img.example.com", 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := e.rawPath(t, c.method, c.path, c.host)
			assert.Equal(t, c.status, got.status)
			if c.status >= 400 {
				assert.NotEmpty(t, got.header.Get("X-Request-Id"))
				assert.Contains(t, string(got.body), got.header.Get("X-Request-Id"))
				assert.NotContains(t, string(got.body), "secret-bucket")
			}
			if c.status == 405 || c.status == 204 {
				assert.Equal(t, "GET, HEAD, OPTIONS", got.header.Get("Allow"))
			}
		})
	}
}

func make1025() []byte {
	b := make([]byte, 1025)
	for i := range b {
		b[i] = 'a'
	}
	return b
}

func TestFailuresAreHonest(t *testing.T) {
	for _, c := range []struct {
		kind       origin.Kind
		status     int
		retryAfter string
	}{
		{origin.KindUnavailable, 503, "2"},
		{origin.KindThrottled, 503, "2"},
		{origin.KindDenied, 403, ""},
		{origin.KindArchived, 403, ""},
	} {
		t.Run(c.kind.String(), func(t *testing.T) {
			e := newEdge(t, edgeOptions{})
			e.origin.set(failWith(c.kind))
			for range 2 {
				got := e.get(t, "/a.jpg")
				assert.Equal(t, c.status, got.status)
				assert.Equal(t, c.retryAfter, got.header.Get("Retry-After"))
				assert.NotContains(t, string(got.body), "secret-bucket")
				assert.Empty(t, got.header.Get("Age"))
			}
			assert.Len(t, e.origin.requests(), 2, "a failure must not be kept")
		})
	}
}

func TestNegativeAnswersAreKeptForTheirTime(t *testing.T) {
	for _, c := range []struct {
		name    string
		ttl     time.Duration
		fetches int
	}{{"kept", time.Hour, 1}, {"not kept", 0, 3}} {
		t.Run(c.name, func(t *testing.T) {
			e := newEdge(t, edgeOptions{site: func(s *Site) { s.Policy.NegativeTTL = c.ttl }})
			e.origin.set(failWith(origin.KindNotFound))
			for range 3 {
				assert.Equal(t, 404, e.get(t, "/a.jpg").status)
				eventually(t, "no fill", func() bool { n, _ := e.handler.Fills(); return n == 0 })
			}
			assert.Len(t, e.origin.requests(), c.fetches)
		})
	}
}

func TestDeletedObjectLeavesTheCache(t *testing.T) {
	e := newEdge(t, edgeOptions{site: func(s *Site) {
		s.Policy = cache.Policy{StaleIfError: time.Hour} // stale at once, no negative caching
	}})
	e.origin.set(answerWith(func() *origin.Response { return found(pattern(10), `"v1"`) }))
	assert.Equal(t, 200, e.get(t, "/a.jpg").status)
	e.origin.set(failWith(origin.KindNotFound))
	assert.Equal(t, 404, e.get(t, "/a.jpg").status)
	e.origin.set(failWith(origin.KindUnavailable))
	assert.Equal(t, 503, e.get(t, "/a.jpg").status, "a deleted object must not come back as stale-if-error")
}

func TestRevalidation(t *testing.T) {
	e := newEdge(t, edgeOptions{site: func(s *Site) { s.Policy.DefaultTTL = 0 }})
	photo := pattern(5000)
	e.origin.set(answerWith(func() *origin.Response { return found(photo, `"v1"`, "Content-Language", "de") }))
	e.get(t, "/a.jpg")
	eventually(t, "no fill", func() bool { n, _ := e.handler.Fills(); return n == 0 })

	e.origin.set(answerWith(func() *origin.Response {
		r := notModifiedAnswer(`"v1"`, "Cache-Control", "max-age=60", "Last-Modified", "Tue, 02 Jan 2024 00:00:00 GMT")
		r.LastModified, _ = http.ParseTime("Tue, 02 Jan 2024 00:00:00 GMT")
		return r
	}))
	got := e.get(t, "/a.jpg")
	assert.Equal(t, photo, got.body)
	assert.Equal(t, "max-age=60", got.header.Get("Cache-Control"), "the 304's fields replace the stored ones")
	assert.Equal(t, "de", got.header.Get("Content-Language"))
	assert.Contains(t, got.header.Get("Cache-Status"), "fwd=stale; fwd-status=304")
	assert.Equal(t, `"v1"`, e.origin.requests()[1].IfNoneMatch)
	assert.Equal(t, "Tue, 02 Jan 2024 00:00:00 GMT", got.header.Get("Last-Modified"))
	assert.Equal(t, 304, e.get(t, "/a.jpg", "If-Modified-Since", "Tue, 02 Jan 2024 00:00:00 GMT").status,
		"the version is as new as the field")
	assert.Equal(t, uint64(1), e.outcome(OutcomeRevalidated))

	eventually(t, "no fill", func() bool { n, _ := e.handler.Fills(); return n == 0 })
	assert.Contains(t, e.get(t, "/a.jpg").header.Get("Cache-Status"), "hit")
	assert.Len(t, e.origin.requests(), 2)
}

func TestRevalidationFindsANewVersion(t *testing.T) {
	e := newEdge(t, edgeOptions{site: func(s *Site) { s.Policy.DefaultTTL = 0 }})
	e.origin.set(answerWith(func() *origin.Response { return found(pattern(5000), `"v1"`) }))
	e.get(t, "/a.jpg")
	eventually(t, "no fill", func() bool { n, _ := e.handler.Fills(); return n == 0 })
	e.origin.set(answerWith(func() *origin.Response { return found(pattern(7000), `"v2"`) }))
	got := e.get(t, "/a.jpg")
	assert.Equal(t, pattern(7000), got.body)
	assert.Contains(t, got.header.Get("Cache-Status"), "fwd=stale; fwd-status=200")
}

func TestStaleWhileRevalidateAnswersAtOnceAndRefreshesOnce(t *testing.T) {
	e := newEdge(t, edgeOptions{site: func(s *Site) {
		s.Policy = cache.Policy{StaleWhileRevalidate: time.Hour}
	}})
	e.origin.set(answerWith(func() *origin.Response { return found(pattern(100), `"v1"`) }))
	e.get(t, "/a.jpg")
	eventually(t, "no fill", func() bool { n, _ := e.handler.Fills(); return n == 0 })

	hold := make(chan struct{})
	e.origin.set(func(context.Context, origin.Request) (*origin.Response, error) {
		<-hold
		return found(pattern(200), `"v2"`, "Cache-Control", "max-age=60"), nil
	})
	for range 5 { // the origin does not answer: none of these may wait for it
		got := e.get(t, "/a.jpg")
		assert.Equal(t, pattern(100), got.body)
		assert.Regexp(t, `hit; ttl=-?\d+`, got.header.Get("Cache-Status"))
	}
	assert.Len(t, e.origin.requests(), 2, "one refresh for all of them")
	close(hold)
	eventually(t, "no fill", func() bool { n, _ := e.handler.Fills(); return n == 0 })
	assert.Equal(t, pattern(200), e.get(t, "/a.jpg").body)
}

func TestStaleIfError(t *testing.T) {
	e := newEdge(t, edgeOptions{site: func(s *Site) { s.Policy = cache.Policy{StaleIfError: time.Hour} }})
	e.origin.set(answerWith(func() *origin.Response { return found(pattern(100), `"v1"`) }))
	e.get(t, "/a.jpg")
	e.origin.set(answerWith(func() *origin.Response {
		return found(pattern(100), `"v1"`, "Cache-Control", "max-age=0, must-revalidate")
	}))
	e.get(t, "/strict.jpg")
	eventually(t, "no fill", func() bool { n, _ := e.handler.Fills(); return n == 0 })
	e.origin.set(failWith(origin.KindUnavailable))

	got := e.get(t, "/a.jpg")
	assert.Equal(t, 200, got.status)
	assert.Contains(t, got.header.Get("Cache-Status"), "detail=stale-error")
	assert.Equal(t, uint64(1), e.outcome(OutcomeStaleError))
	assert.Equal(t, 503, e.get(t, "/strict.jpg").status, "must-revalidate forbids stale answers")
}

func TestUnsharedAnswersAreNotKept(t *testing.T) {
	for _, control := range []string{"no-store", "private", "private, max-age=60"} {
		t.Run(control, func(t *testing.T) {
			e := newEdge(t, edgeOptions{})
			e.origin.set(answerWith(func() *origin.Response { return found(pattern(3000), `"v1"`, "Cache-Control", control) }))
			for range 3 {
				got := e.get(t, "/a.jpg")
				assert.Equal(t, pattern(3000), got.body)
				assert.NotContains(t, got.header.Get("Cache-Status"), "stored")
				eventually(t, "no fill", func() bool { n, _ := e.handler.Fills(); return n == 0 })
			}
			assert.Len(t, e.origin.requests(), 3)
			assert.Equal(t, uint64(3), e.outcome(OutcomeBypass))
			assert.Zero(t, e.store.Stats().Entries)
		})
	}
}

func TestPanicTakesNothingDown(t *testing.T) {
	e := newEdge(t, edgeOptions{})
	e.origin.set(func(context.Context, origin.Request) (*origin.Response, error) { panic("a bug in the fill") })
	got := e.get(t, "/a.jpg")
	assert.Equal(t, 503, got.status)
	assert.NotContains(t, string(got.body), "a bug")
	assert.Equal(t, uint64(1), e.handler.Counters().Panics)

	inHandler := &fasthttp.RequestCtx{}
	func() {
		r := acquireRequest(time.Now())
		defer e.handler.recoverPanic(inHandler, r)
		panic("a bug in the handler")
	}()
	assert.Equal(t, 500, inHandler.Response.StatusCode())
	assert.NotContains(t, string(inHandler.Response.Body()), "a bug")
	assert.Equal(t, uint64(2), e.handler.Counters().Panics)

	e.origin.set(answerWith(func() *origin.Response { return found(pattern(10), `"v1"`) }))
	require.Equal(t, 200, e.get(t, "/a.jpg").status, "the key is not left behind in the fill table")
}

// hitContext is a bare request for a cached photo and the handler to answer it.
func hitContext(tb testing.TB, size int) (*Handler, *fasthttp.RequestCtx) {
	tb.Helper()
	e := newEdge(tb, edgeOptions{})
	e.origin.set(answerWith(func() *origin.Response {
		return found(pattern(size), `"v1"`, "Cache-Control", "max-age=600", "Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
	}))
	e.get(tb, "/album/0001.jpg")
	eventually(tb, "no fill", func() bool { n, _ := e.handler.Fills(); return n == 0 })
	ctx := &fasthttp.RequestCtx{}
	ctx.Request.SetRequestURI("/album/0001.jpg")
	ctx.Request.Header.SetHost("img.example.com")
	return e.handler, ctx
}

func BenchmarkHit(b *testing.B) {
	for _, size := range []int{4 << 10, 512 << 10} {
		b.Run(fmt.Sprintf("%dKB", size>>10), func(b *testing.B) {
			h, ctx := hitContext(b, size)
			b.ReportAllocs()
			for b.Loop() {
				ctx.Response.Reset()
				h.ServeFastHTTP(ctx)
			}
		})
	}
}
