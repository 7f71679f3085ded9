package s3local

import (
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// headerLimit bounds how long a client takes to send a request's header.
	headerLimit = time.Minute
	// reopenTries and reopenPause bound how long a port that cannot be held
	// while it is shut (see holdPort) is asked for again.
	reopenTries = 50
	reopenPause = 20 * time.Millisecond
)

// door is a region's port, which it keeps for life, and the connections that
// came through it. It tracks them itself, because a connection that hangs is
// taken out of the hands of the HTTP server.
type door struct {
	addr   string
	hold   func() // gives the port back
	server *http.Server

	mu       sync.Mutex
	closed   bool
	listener *listener // nil while shut
	conns    map[*conn]struct{}
	// requests are those being served. It grows under mu and only until
	// closed, so that close can wait for it.
	requests sync.WaitGroup
	serving  sync.WaitGroup // one for each time the door was opened
}

func newDoor(h http.Handler) (*door, error) {
	addr, release, err := holdPort()
	if err != nil {
		return nil, err
	}
	d := &door{addr: addr, hold: release, conns: map[*conn]struct{}{}}
	d.server = &http.Server{ReadHeaderTimeout: headerLimit, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.enter() {
			panic(http.ErrAbortHandler)
		}
		defer d.requests.Done()
		h.ServeHTTP(w, r)
	})}
	if err := d.open(); err != nil {
		release()
		return nil, err
	}
	d.addr = d.listener.Addr().String()
	return d, nil
}

func (d *door) enter() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.requests.Add(1)
	}
	return !d.closed
}

// open listens, unless the door is open or closed for good.
func (d *door) open() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || d.listener != nil {
		return nil
	}
	tcp, err := d.listen()
	if err != nil {
		return err
	}
	l := &listener{TCPListener: tcp, door: d}
	d.listener = l
	// It ends when the listener is closed, and has nothing else to report.
	d.serving.Go(func() { _ = d.server.Serve(l) })
	return nil
}

func (d *door) listen() (*net.TCPListener, error) {
	addr, err := net.ResolveTCPAddr("tcp4", d.addr)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		tcp, err := net.ListenTCP("tcp4", addr)
		if err == nil || try == reopenTries {
			return tcp, err
		}
		<-time.After(reopenPause)
	}
}

// shut closes the port and resets every connection.
func (d *door) shut() {
	d.mu.Lock()
	l := d.listener
	d.listener = nil
	open := make([]*conn, 0, len(d.conns))
	for c := range d.conns {
		open = append(open, c)
	}
	d.mu.Unlock()
	if l != nil {
		_ = l.Close()
	}
	for _, c := range open {
		c.reset()
	}
}

// close shuts the door for good and waits until nobody is behind it.
func (d *door) close() error {
	d.mu.Lock()
	closed := d.closed
	d.closed = true
	d.mu.Unlock()
	if closed {
		return nil
	}
	d.shut()
	err := d.server.Close()
	d.requests.Wait()
	d.serving.Wait()
	d.hold()
	if errors.Is(err, net.ErrClosed) { // shut closed the listener before
		return nil
	}
	return err
}

// listener hands out connections that the door knows.
type listener struct {
	*net.TCPListener
	door *door
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		tcp, err := l.AcceptTCP()
		if err != nil {
			return nil, err
		}
		if c := l.door.admit(l, tcp); c != nil {
			return c, nil
		}
	}
}

// admit enters a connection. One that was accepted while the door was shut is
// reset: shut has not seen it.
func (d *door) admit(l *listener, tcp *net.TCPConn) *conn {
	c := &conn{TCPConn: tcp, door: d}
	d.mu.Lock()
	if d.listener == l {
		d.conns[c] = struct{}{}
		d.mu.Unlock()
		return c
	}
	d.mu.Unlock()
	c.reset()
	return nil
}

// conn is a connection that leaves the door's books when it is closed.
type conn struct {
	*net.TCPConn
	door *door
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.door.mu.Lock()
	delete(c.door.conns, c)
	c.door.mu.Unlock()
	return c.TCPConn.Close()
}

// reset closes without a farewell: the client sees a reset connection.
func (c *conn) reset() {
	_ = c.SetLinger(0) // fails only on a closed connection
	_ = c.Close()
}
