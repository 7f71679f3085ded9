package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"photoedge/origin"
)

// gated makes the origin answer every fetch with one gate's body.
func (e *edge) gated(data []byte, fields ...string) <-chan *gate {
	gates := make(chan *gate, 1024)
	e.origin.set(func(ctx context.Context, _ origin.Request) (*origin.Response, error) {
		g := newGate(ctx, data)
		gates <- g
		return foundStream(g, int64(len(data)), `"v1"`, fields...), nil
	})
	return gates
}

// open starts a request and returns once its header is in.
func (e *edge) open(ctx context.Context, tb testing.TB, path string) *http.Response {
	tb.Helper()
	resp, err := (<-e.start(ctx, path)).get()
	require.NoError(tb, err)
	return resp
}

// opened is a response of which the header is in, or the failure.
type opened struct {
	resp *http.Response
	err  error
}

func (o opened) get() (*http.Response, error) { return o.resp, o.err }

// start starts a request and delivers it once its header is in.
func (e *edge) start(ctx context.Context, path string) <-chan opened {
	out := make(chan opened, 1)
	go func() {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.url+path, nil)
		if err != nil {
			out <- opened{nil, err}
			return
		}
		resp, err := e.client.Do(req)
		out <- opened{resp, err}
	}()
	return out
}

func (e *edge) idle() bool {
	n, bytes := e.handler.Fills()
	return n == 0 && bytes == 0
}

// Every follower of a herd gets bytes as they arrive, from one fetch: all of
// them have the first part in hand while the region still holds back the rest.
func TestHerdStreamsFromOneFetch(t *testing.T) {
	const clients, first = 200, 100_000
	e := newEdge(t, edgeOptions{})
	photo := pattern(1 << 20)
	gates := e.gated(photo)

	firsts, bodies := make(chan error, clients), make(chan error, clients)
	for range clients {
		go func() {
			resp, err := e.client.Get(e.url + "/herd.jpg")
			if err != nil {
				firsts <- err
				return
			}
			defer resp.Body.Close()
			head := make([]byte, first)
			_, err = io.ReadFull(resp.Body, head)
			firsts <- err
			rest, err := io.ReadAll(resp.Body)
			if err == nil && string(head)+string(rest) != string(photo) {
				err = errors.New("wrong bytes")
			}
			bodies <- err
		}()
	}
	g := <-gates
	g.steps <- first
	for range clients {
		require.NoError(t, <-firsts)
	}
	_, buffered := e.handler.Fills()
	assert.Equal(t, int64(len(photo)), buffered, "one buffer for all of them")
	g.steps <- len(photo)
	for range clients {
		require.NoError(t, <-bodies)
	}
	assert.Len(t, e.origin.requests(), 1)
	assert.Equal(t, uint64(1), e.outcome(OutcomeMiss))
	assert.Equal(t, uint64(clients-1), e.outcome(OutcomeFollow))
	eventually(t, "budget given back", e.idle)
}

// Many clients on many keys at once: between the store's "no" and joining, a
// fill may end; still no object is fetched twice.
func TestEachObjectIsFetchedOnce(t *testing.T) {
	const objects, clients = 50, 20
	e := newEdge(t, edgeOptions{})
	e.origin.set(func(_ context.Context, req origin.Request) (*origin.Response, error) {
		return found([]byte(req.Key), strconv.Quote(req.Key)), nil
	})
	var wg sync.WaitGroup
	var wrong atomic.Int64
	for c := range clients {
		wg.Go(func() {
			for o := range objects {
				key := fmt.Sprintf("o/%d.jpg", (o+c*7)%objects)
				if got := e.get(t, "/"+key); got.status != 200 || string(got.body) != key {
					wrong.Add(1)
				}
			}
		})
	}
	wg.Wait()
	assert.Zero(t, wrong.Load())
	assert.Len(t, e.origin.requests(), objects)
}

func TestSlowFollowerHoldsNobodyUp(t *testing.T) {
	e := newEdge(t, edgeOptions{})
	photo := pattern(16 << 20) // far more than socket buffers hold
	gates := e.gated(photo)
	started := e.start(t.Context(), "/big.jpg")
	g := <-gates
	g.steps <- len(photo)
	slow, err := (<-started).get() // reads nothing
	require.NoError(t, err)
	defer slow.Body.Close()
	fast := e.get(t, "/big.jpg")
	require.NoError(t, fast.err)
	assert.Equal(t, photo, fast.body)
	rest, err := io.ReadAll(slow.Body)
	require.NoError(t, err)
	assert.Equal(t, photo, rest)
}

func TestClientThatLeavesStopsNobody(t *testing.T) {
	e := newEdge(t, edgeOptions{})
	photo := pattern(1 << 20)
	gates := e.gated(photo)
	leaving, leave := context.WithCancel(t.Context())
	leader := e.start(leaving, "/a.jpg")
	g := <-gates
	g.steps <- 1000
	first, err := (<-leader).get()
	require.NoError(t, err)
	follower := e.open(t.Context(), t, "/a.jpg")
	defer follower.Body.Close()
	leave()
	_ = first.Body.Close()
	g.steps <- len(photo)
	body, err := io.ReadAll(follower.Body)
	require.NoError(t, err)
	assert.Equal(t, photo, body)
	assert.Len(t, e.origin.requests(), 1)
}

// followersLeft waits until the only fill has no follower.
func (e *edge) onlyFill(tb testing.TB) *fill {
	tb.Helper()
	e.handler.fills.mu.Lock()
	defer e.handler.fills.mu.Unlock()
	require.Len(tb, e.handler.fills.byKey, 1)
	for _, f := range e.handler.fills.byKey {
		return f
	}
	return nil
}

func (f *fill) followerCount() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.followers
}

func TestFillThatNobodyFollows(t *testing.T) {
	for _, c := range []struct {
		name     string
		size     int
		finishes bool
	}{{"small enough: finished and kept", 4 << 20, true}, {"large: given up", 32 << 20, false}} {
		t.Run(c.name, func(t *testing.T) {
			e := newEdge(t, edgeOptions{maxObject: 64 << 20})
			photo := pattern(c.size)
			gates := e.gated(photo)
			leaving, leave := context.WithCancel(t.Context())
			started := e.start(leaving, "/a.jpg")
			g := <-gates
			g.steps <- 1000
			resp, err := (<-started).get()
			require.NoError(t, err)
			f := e.onlyFill(t)
			leave()
			_ = resp.Body.Close()
			// The server notices when it next writes to the closed connection.
			eventually(t, "the follower leaves", func() bool {
				select {
				case g.steps <- 64 << 10:
				default:
				}
				return f.followerCount() == 0
			})
			if c.finishes {
				g.steps <- len(photo)
				eventually(t, "the fill ends", e.idle)
				assert.Equal(t, int64(1), e.store.Stats().Entries)
				assert.Equal(t, photo, e.get(t, "/a.jpg").body)
				assert.Len(t, e.origin.requests(), 1)
				return
			}
			<-g.closed
			eventually(t, "the fill ends", e.idle)
			assert.Zero(t, e.store.Stats().Entries)
		})
	}
}

// A body that breaks off, or whose checksum fails at its very end, is visibly
// cut for the client and never kept.
func TestBrokenBodyIsCutAndNotKept(t *testing.T) {
	photo := pattern(200_000)
	for _, c := range []struct {
		name string
		sent int
	}{{"broken off in the middle", 100_000}, {"wrong checksum after the last byte", len(photo)}, {"at the first byte", 1}} {
		t.Run(c.name, func(t *testing.T) {
			e := newEdge(t, edgeOptions{})
			gates := make(chan *gate, 1)
			e.origin.set(func(ctx context.Context, _ origin.Request) (*origin.Response, error) {
				g := newGate(ctx, photo[:c.sent])
				g.end = &origin.Error{Kind: origin.KindUnavailable, Err: errors.New("checksum did not match")}
				gates <- g
				return foundStream(g, int64(len(photo)), `"v1"`), nil
			})
			resp := e.open(t.Context(), t, "/a.jpg") // the header is in: now the body
			defer resp.Body.Close()
			assert.Equal(t, 200, resp.StatusCode)
			(<-gates).steps <- c.sent
			body, err := io.ReadAll(resp.Body)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			assert.Less(t, len(body), len(photo), "the last byte must not leave before the checksum was verified")
			eventually(t, "budget given back", e.idle)
			assert.Zero(t, e.store.Stats().Entries)
			assert.Equal(t, uint64(1), e.handler.Counters().Cut)

			e.origin.set(answerWith(func() *origin.Response { return found(photo, `"v1"`) }))
			assert.Equal(t, photo, e.get(t, "/a.jpg").body, "the next request starts anew")
		})
	}
}

func TestBeyondFillMemoryStreamsThroughUncached(t *testing.T) {
	e := newEdge(t, edgeOptions{fillMemory: 1 << 20})
	photo := pattern(3 << 20)
	e.origin.set(answerWith(func() *origin.Response { return found(photo, `"v1"`) }))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			got := e.get(t, "/big.jpg")
			assert.NoError(t, got.err)
			assert.Equal(t, photo, got.body)
			assert.NotContains(t, got.header.Get("Cache-Status"), "stored")
		})
	}
	wg.Wait()
	assert.Equal(t, uint64(8), e.outcome(OutcomeBypass))
	eventually(t, "budget untouched", e.idle)
	assert.Zero(t, e.store.Stats().Entries)
}

func TestFillMemoryIsNeverExceeded(t *testing.T) {
	const limit = 1 << 20
	e := newEdge(t, edgeOptions{fillMemory: limit})
	photo := pattern(300 << 10)
	gates := e.gated(photo)
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			got := e.get(t, fmt.Sprintf("/%d.jpg", i))
			assert.NoError(t, got.err)
			assert.Equal(t, photo, got.body)
		})
	}
	for range 12 {
		g := <-gates
		_, used := e.handler.Fills()
		assert.LessOrEqual(t, used, int64(limit))
		defer func() { <-g.closed }()
		g.steps <- 1000
		g.steps <- len(photo)
	}
	wg.Wait()
	assert.Positive(t, e.outcome(OutcomeBypass))
	eventually(t, "budget given back", e.idle)
}

func TestUnknownLengthStreamsThrough(t *testing.T) {
	e := newEdge(t, edgeOptions{})
	photo := pattern(500_000)
	e.origin.set(answerWith(func() *origin.Response {
		r := found(photo, `"v1"`)
		r.Size = -1
		return r
	}))
	got := e.get(t, "/a.jpg")
	require.NoError(t, got.err)
	assert.Equal(t, photo, got.body)
}

func TestEmptyObject(t *testing.T) {
	e := newEdge(t, edgeOptions{})
	e.origin.set(answerWith(func() *origin.Response { return found(nil, `"v1"`) }))
	for range 2 {
		got := e.get(t, "/empty")
		require.NoError(t, got.err)
		assert.Equal(t, 200, got.status)
		assert.Equal(t, "0", got.header.Get("Content-Length"))
		eventually(t, "no fill", e.idle)
	}
	assert.Len(t, e.origin.requests(), 1)
}

// Shutdown under load: a request that has begun is answered in full, and
// whoever keeps a connection is told that it closes.
func TestShutdownCutsNothing(t *testing.T) {
	const clients = 32
	e := newEdge(t, edgeOptions{})
	photo := pattern(400_000)
	e.origin.set(answerWith(func() *origin.Response { return found(photo, `"v1"`) }))
	gatesOpen := make(chan struct{})
	e.get(t, "/warm.jpg")

	var cut, served atomic.Int64
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
			defer client.CloseIdleConnections()
			for n := 0; ; n++ {
				path := "/warm.jpg"
				if i%4 == 0 {
					path = fmt.Sprintf("/cold-%d-%d.jpg", i, n)
				}
				resp, err := client.Get(e.url + path)
				if err != nil {
					return // no connection any more: the request had not begun
				}
				body, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err != nil || len(body) != len(photo) {
					cut.Add(1)
				}
				if served.Add(1) == 200 {
					close(gatesOpen)
				}
				if resp.Close {
					return
				}
			}
		})
	}
	<-gatesOpen
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, e.server.Shutdown(ctx))
	wg.Wait()
	assert.Zero(t, cut.Load())
	require.NoError(t, <-e.served)
}
