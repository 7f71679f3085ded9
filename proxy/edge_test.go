package proxy

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"photoedge/cache"
	"photoedge/origin"
)

// scripted is an Origin whose answers a test writes. It counts fetches.
type scripted struct {
	mu      sync.Mutex
	fetches []origin.Request
	answer  func(ctx context.Context, req origin.Request) (*origin.Response, error)
}

func (s *scripted) Fetch(ctx context.Context, req origin.Request) (*origin.Response, error) {
	s.mu.Lock()
	s.fetches = append(s.fetches, req)
	answer := s.answer
	s.mu.Unlock()
	return answer(ctx, req)
}

func (s *scripted) set(answer func(ctx context.Context, req origin.Request) (*origin.Response, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *scripted) requests() []origin.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]origin.Request(nil), s.fetches...)
}

// found answers with body under etag and the given header fields.
func found(body []byte, etag string, fields ...string) *origin.Response {
	return foundStream(io.NopCloser(bytes.NewReader(body)), int64(len(body)), etag, fields...)
}

func foundStream(body io.ReadCloser, size int64, etag string, fields ...string) *origin.Response {
	now := time.Now()
	h := http.Header{"Etag": {etag}, "Date": {now.UTC().Format(http.TimeFormat)}, "Content-Type": {"image/jpeg"}}
	for i := 0; i < len(fields); i += 2 {
		h.Add(fields[i], fields[i+1])
	}
	return &origin.Response{
		Kind: origin.KindFound, Region: "near", Header: h, Status: http.StatusOK, ETag: etag,
		Size: size, RequestTime: now, AnswerTime: now, Body: body,
	}
}

func notModifiedAnswer(etag string, fields ...string) *origin.Response {
	r := found(nil, etag, fields...)
	r.Kind, r.Status, r.Body = origin.KindNotModified, http.StatusNotModified, nil
	return r
}

// edge is a handler on a real listener, with a scripted origin.
type edge struct {
	handler *Handler
	server  *Server
	store   *cache.Store
	origin  *scripted
	url     string
	client  *http.Client
	served  chan error
}

type edgeOptions struct {
	fillMemory int64
	maxObject  int64
	site       func(*Site)
}

func newEdge(tb testing.TB, opts edgeOptions) *edge {
	tb.Helper()
	store, err := cache.NewStore(cache.Options{Memory: 256 << 20, MaxObject: opts.maxObject})
	require.NoError(tb, err)
	e := &edge{store: store, origin: &scripted{}, served: make(chan error, 1)}
	site := Site{
		Name: "photos", Hosts: []string{"*"}, Origin: e.origin,
		Policy: cache.Policy{DefaultTTL: time.Hour, NegativeTTL: time.Hour},
	}
	if opts.site != nil {
		opts.site(&site)
	}
	e.handler, err = NewHandler(Options{
		Sites: []Site{site}, Store: store, FillMemory: opts.fillMemory, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(tb, err)
	e.server = NewServer(e.handler, ServerOptions{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	e.url = "http://" + ln.Addr().String()
	go func() { e.served <- e.server.Serve(ln) }()
	transport := &http.Transport{MaxIdleConnsPerHost: 1000, DisableCompression: true}
	e.client = &http.Client{Transport: transport}
	tb.Cleanup(func() {
		transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(tb.Context()), 30*time.Second)
		defer cancel()
		_ = e.server.Shutdown(ctx)
		e.handler.Close()
		store.Close()
	})
	return e
}

// reply is a response read to its end.
type reply struct {
	status int
	header http.Header
	body   []byte
	err    error // of reading the body
}

func (e *edge) do(tb testing.TB, method, path string, fields ...string) reply {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, e.url+path, nil)
	require.NoError(tb, err)
	for pair := range slices.Chunk(fields, 2) {
		if pair[0] == "Host" {
			req.Host = pair[1]
			continue
		}
		req.Header.Add(pair[0], pair[1])
	}
	resp, err := e.client.Do(req)
	require.NoError(tb, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, body, err}
}

func (e *edge) get(tb testing.TB, path string, fields ...string) reply {
	tb.Helper()
	return e.do(tb, http.MethodGet, path, fields...)
}

func (e *edge) outcome(o Outcome) uint64 { return e.handler.counters.outcomes[o].Load() }

// eventually waits for a condition that nothing signals. The bound is far
// beyond any busy machine's delays.
func eventually(tb testing.TB, what string, condition func() bool) {
	tb.Helper()
	require.Eventually(tb, condition, time.Minute, time.Millisecond, what)
}

// gate is a body that gives its bytes only as the test lets them through.
type gate struct {
	data   []byte
	ctx    context.Context
	steps  chan int // bytes to let through
	left   int
	end    error // instead of io.EOF
	closed chan struct{}
	once   sync.Once
}

func newGate(ctx context.Context, data []byte) *gate {
	return &gate{data: data, ctx: ctx, steps: make(chan int, 1024), closed: make(chan struct{}), end: io.EOF}
}

func (g *gate) Read(p []byte) (int, error) {
	if g.left == 0 && len(g.data) > 0 {
		select {
		case g.left = <-g.steps:
		case <-g.ctx.Done():
			return 0, context.Cause(g.ctx)
		}
	}
	n := copy(p[:min(len(p), g.left)], g.data)
	g.data, g.left = g.data[n:], g.left-n
	if len(g.data) == 0 {
		return n, g.end
	}
	return n, nil
}

func (g *gate) Close() error {
	g.once.Do(func() { close(g.closed) })
	return nil
}

func pattern(n int) []byte {
	b := make([]byte, n)
	x := uint32(n)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}
