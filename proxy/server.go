package proxy

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// ServerOptions say how connections are treated. Zero fields take defaults.
type ServerOptions struct {
	// HeaderTimeout bounds the reading of one request, from its first byte
	// (on a new connection: from the connection). Zero: 10 s.
	HeaderTimeout time.Duration
	// IdleTimeout is how long a connection may wait for its next request.
	// Zero: 75 s.
	IdleTimeout time.Duration
	// MaxHeader bounds a request's header in bytes. Zero: 16 KiB.
	MaxHeader int
	// Linger is how long idle connections are left open when shutting down,
	// for requests that are already on their way. Zero: 500 ms.
	Linger time.Duration
}

const (
	defaultHeaderTimeout = 10 * time.Second
	defaultIdleTimeout   = 75 * time.Second
	defaultMaxHeader     = 16 << 10
	defaultLinger        = 500 * time.Millisecond
	// writeBuffer holds header and body of a small photo, so that both leave
	// in one system call.
	writeBuffer = 16 << 10
	// maxRequestBody: requests for photos have no body worth reading.
	maxRequestBody = 64 << 10

	drainPoll = 10 * time.Millisecond
)

// Server serves a Handler over HTTP/1.1.
type Server struct {
	fast     *fasthttp.Server
	handler  *Handler
	linger   time.Duration
	draining atomic.Bool

	mu        sync.Mutex
	listeners []net.Listener
}

// NewServer returns a server of h.
func NewServer(h *Handler, opts ServerOptions) *Server {
	zero := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	zero(&opts.HeaderTimeout, defaultHeaderTimeout)
	zero(&opts.IdleTimeout, defaultIdleTimeout)
	zero(&opts.Linger, defaultLinger)
	if opts.MaxHeader == 0 {
		opts.MaxHeader = defaultMaxHeader
	}
	s := &Server{handler: h, linger: opts.Linger}
	s.fast = &fasthttp.Server{
		Handler:                      s.serve,
		ErrorHandler:                 h.unreadable,
		ReadTimeout:                  opts.HeaderTimeout,
		IdleTimeout:                  opts.IdleTimeout,
		ReadBufferSize:               opts.MaxHeader,
		WriteBufferSize:              writeBuffer,
		MaxRequestBodySize:           maxRequestBody,
		DisablePreParseMultipartForm: true,
		NoDefaultServerHeader:        true,
		NoDefaultDate:                true,
		NoDefaultContentType:         true,
		CloseOnShutdown:              true,
		TCPKeepalive:                 true,
		Logger:                       discardLogger{},
	}
	return s
}

// Serve accepts connections from ln until Shutdown, and closes it. It returns
// nil after Shutdown.
func (s *Server) Serve(ln net.Listener) error {
	s.mu.Lock()
	if s.draining.Load() {
		s.mu.Unlock()
		return errors.Join(errors.New("proxy: the server is shutting down"), ln.Close())
	}
	s.listeners = append(s.listeners, ln)
	s.mu.Unlock()
	err := s.fast.Serve(ln)
	if s.draining.Load() {
		return nil
	}
	return err
}

func (s *Server) serve(ctx *fasthttp.RequestCtx) {
	if s.draining.Load() {
		ctx.SetConnectionClose()
	}
	s.handler.ServeFastHTTP(ctx)
}

// Shutdown stops accepting, answers every request that has begun, telling its
// client that the connection closes, and leaves idle connections open for
// Linger, so that a request already on its way is answered too. It returns
// when all connections are closed, or with ctx's error when they are not by
// then; what is left is cut when the process ends.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.draining.Store(true)
	for _, ln := range s.listeners {
		_ = ln.Close()
	}
	s.mu.Unlock()

	ticker := time.NewTicker(drainPoll)
	defer ticker.Stop()
	lingerUntil := time.Now().Add(s.linger)
	for s.fast.GetCurrentConcurrency() > 0 && time.Now().Before(lingerUntil) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
	if err := s.fast.ShutdownWithContext(ctx); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil // the listeners were closed above
}

// discardLogger: connection errors are the clients'; what matters is counted.
type discardLogger struct{}

// Printf implements fasthttp.Logger.
func (discardLogger) Printf(string, ...any) {}

// unreadable answers what fasthttp could not read as a request.
func (h *Handler) unreadable(ctx *fasthttp.RequestCtx, err error) {
	r := acquireRequest(time.Now())
	defer releaseRequest(r)
	why := refusedUnreadable
	var small *fasthttp.ErrSmallBuffer
	var netErr net.Error
	switch {
	case errors.As(err, &small):
		why = refusedLargeHeader
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		why = refusedLargeBody
	case errors.As(err, &netErr) && netErr.Timeout():
		why = refusedSlow
	}
	h.refuse(ctx, r, why)
	ctx.SetConnectionClose()
}
