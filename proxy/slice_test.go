package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"photoedge/origin"
)

// bigObject is an origin with one object, which may change, that answers
// ranges with If-Match as S3 does.
type bigObject struct {
	mu   sync.Mutex
	body []byte
	etag string
	// slow is called before a slice is answered.
	slow      func(r origin.Request)
	wholeGets atomic.Int64
}

func (b *bigObject) set(body []byte, etag string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.body, b.etag = body, etag
}

func (b *bigObject) fetch(_ context.Context, req origin.Request) (*origin.Response, error) {
	if b.slow != nil {
		b.slow(req)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case req.IfMatch != "" && req.IfMatch != b.etag:
		return nil, &origin.Error{Kind: origin.KindPrecondition, Err: errors.New("changed")}
	case req.IfNoneMatch == b.etag:
		return notModifiedAnswer(b.etag), nil
	case req.Range == "":
		b.wholeGets.Add(1)
		return found(b.body, b.etag, "Cache-Control", "max-age=60"), nil
	}
	var first, last int
	if _, err := fmt.Sscanf(req.Range, "bytes=%d-%d", &first, &last); err != nil {
		return nil, err
	}
	resp := found(b.body[first:last+1], b.etag, "Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, last, len(b.body)))
	resp.Status = http.StatusPartialContent
	return resp, nil
}

func (e *edge) ranges() []string {
	var out []string
	for _, r := range e.origin.requests() {
		if r.Range != "" {
			out = append(out, r.Range)
		}
	}
	return out
}

func bigEdge(t *testing.T, size int, opts edgeOptions) (*edge, *bigObject, []byte) {
	t.Helper()
	opts.maxObject = 2 << 20
	e := newEdge(t, opts)
	movie := pattern(size)
	object := &bigObject{body: movie, etag: `"v1"`}
	e.origin.set(object.fetch)
	return e, object, movie
}

func TestLargeObjectIsServedInSlices(t *testing.T) {
	e, object, movie := bigEdge(t, 10<<20+12345, edgeOptions{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got := e.get(t, "/movie.mp4")
			assert.NoError(t, got.err)
			assert.Equal(t, strconv.Itoa(len(movie)), got.header.Get("Content-Length"))
			assert.Equal(t, movie, got.body)
		})
	}
	wg.Wait()
	assert.Equal(t, int64(1), object.wholeGets.Load())
	assert.Len(t, e.ranges(), 11, "each slice once for all of them")

	seek := e.get(t, "/movie.mp4", "Range", "bytes=5000000-5999999")
	require.NoError(t, seek.err)
	assert.Equal(t, http.StatusPartialContent, seek.status)
	assert.Equal(t, fmt.Sprintf("bytes 5000000-5999999/%d", len(movie)), seek.header.Get("Content-Range"))
	assert.Equal(t, movie[5000000:6000000], seek.body)
	tail := e.get(t, "/movie.mp4", "Range", "bytes=-1000")
	assert.Equal(t, movie[len(movie)-1000:], tail.body)
	parts := e.get(t, "/movie.mp4", "Range", "bytes=0-0,9000000-9000009")
	assert.Equal(t, http.StatusPartialContent, parts.status)
	assert.True(t, strings.HasPrefix(parts.header.Get("Content-Type"), "multipart/byteranges"))
	assert.Equal(t, 416, e.get(t, "/movie.mp4", "Range", "bytes=99999999-").status)
	assert.Equal(t, 304, e.get(t, "/movie.mp4", "If-None-Match", `"v1"`).status)
	head := e.do(t, http.MethodHead, "/movie.mp4")
	assert.Equal(t, strconv.Itoa(len(movie)), head.header.Get("Content-Length"))
	assert.Len(t, e.ranges(), 11, "all of it from memory")
	eventually(t, "nothing held", e.idle)
}

func TestSeekFetchesOnlyItsSlices(t *testing.T) {
	e, _, movie := bigEdge(t, 50<<20, edgeOptions{})
	got := e.get(t, "/movie.mp4", "Range", "bytes=30000000-30000999")
	require.NoError(t, got.err)
	assert.Equal(t, movie[30000000:30001000], got.body)
	assert.Equal(t, []string{"bytes=29360128-30408703"}, e.ranges())
}

// When the object changes under way the connection is cut: bytes of two
// versions never meet.
func TestChangeUnderWayIsCutNotMixed(t *testing.T) {
	e, object, movie := bigEdge(t, 64<<20, edgeOptions{})
	changed := make(chan struct{})
	var once sync.Once
	object.slow = func(r origin.Request) {
		if strings.HasPrefix(r.Range, "bytes=20971520-") {
			once.Do(func() {
				object.set(pattern(64<<20+1), `"v2"`)
				close(changed)
			})
		}
	}
	got := e.get(t, "/movie.mp4")
	<-changed
	require.ErrorIs(t, got.err, io.ErrUnexpectedEOF)
	assert.Equal(t, movie[:len(got.body)], got.body)
	assert.LessOrEqual(t, len(got.body), 20<<20)

	object.slow = nil
	fresh := e.get(t, "/movie.mp4")
	require.NoError(t, fresh.err)
	assert.Equal(t, `"v2"`, fresh.header.Get("Etag"))
	assert.Equal(t, pattern(64<<20+1), fresh.body)
	eventually(t, "nothing held", e.idle)
}

func TestSliceThatBreaksOffIsAskedForAgain(t *testing.T) {
	e, object, movie := bigEdge(t, 8<<20, edgeOptions{})
	var broken atomic.Int64
	e.origin.set(func(ctx context.Context, req origin.Request) (*origin.Response, error) {
		resp, err := object.fetch(ctx, req)
		if err == nil && strings.HasPrefix(req.Range, "bytes=3145728-") && broken.Add(1) == 1 {
			resp.Body = io.NopCloser(io.MultiReader(io.LimitReader(resp.Body, 1000), failing{}))
		}
		return resp, err
	})
	got := e.get(t, "/movie.mp4")
	require.NoError(t, got.err)
	assert.Equal(t, movie, got.body)
	assert.Equal(t, int64(2), broken.Load())
}

type failing struct{}

func (failing) Read([]byte) (int, error) {
	return 0, &origin.Error{Kind: origin.KindUnavailable, Err: errors.New("broke off")}
}

func TestSlicesWithoutMemoryStreamThrough(t *testing.T) {
	e, _, movie := bigEdge(t, 6<<20, edgeOptions{fillMemory: 1000})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			got := e.get(t, "/movie.mp4")
			assert.NoError(t, got.err)
			assert.Equal(t, movie, got.body)
		})
	}
	wg.Wait()
	eventually(t, "nothing held", e.idle)
}

func TestClientThatLeavesALargeObjectHoldsNothing(t *testing.T) {
	e, _, _ := bigEdge(t, 64<<20, edgeOptions{})
	ctx, leave := context.WithCancel(t.Context())
	resp := e.open(ctx, t, "/movie.mp4")
	_, err := io.ReadFull(resp.Body, make([]byte, 1<<20))
	require.NoError(t, err)
	leave()
	_ = resp.Body.Close()
	eventually(t, "nothing held", e.idle)
	assert.Less(t, len(e.ranges()), 64)
}

func TestWeakETagIsNotSliced(t *testing.T) {
	e, object, movie := bigEdge(t, 4<<20, edgeOptions{})
	object.set(movie, `W/"v1"`)
	got := e.get(t, "/movie.mp4")
	require.NoError(t, got.err)
	assert.Equal(t, movie, got.body)
	assert.Empty(t, e.ranges())
}
