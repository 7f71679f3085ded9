package proxy

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

const (
	// writeChunk bounds one write of a streamed body, so that the write
	// deadline moves with the reader's progress.
	writeChunk = 128 << 10
	// A reader must take at least minReadRate bytes a second, after
	// writePatience of grace for each write: a slow phone finishes, one that
	// has gone does not hold memory.
	minReadRate   = 4 << 10
	writePatience = 20 * time.Second

	copyBuffer = 64 << 10
)

// writeDeadline is until when n bytes must have been taken by the client.
func writeDeadline(now time.Time, n int) time.Time {
	return now.Add(writePatience + time.Duration(n)*time.Second/minReadRate)
}

// followerBody sends a fill's body to one client while it grows. fasthttp
// calls WriteTo after it has flushed the header, and Close in any case; so
// nothing is buffered and chunks may go straight to the connection.
type followerBody struct {
	fill *fill
	conn net.Conn
	cut  func() // called when the body could not be completed
	off  int
}

// WriteTo implements io.WriterTo.
func (b *followerBody) WriteTo(w io.Writer) (int64, error) {
	out := connOr(b.conn, w)
	var sent int64
	for {
		chunk, err := b.fill.bytesFrom(b.off)
		if err == io.EOF { //nolint:errorlint // bytesFrom returns EOF itself
			return sent, nil
		}
		if err != nil {
			b.cut()
			return sent, err
		}
		n, err := writeChunks(out, b.conn, chunk)
		sent += int64(n)
		b.off += n
		if err != nil {
			return sent, err
		}
	}
}

// Read implements io.Reader.
func (b *followerBody) Read(p []byte) (int, error) {
	chunk, err := b.fill.bytesFrom(b.off)
	n := copy(p, chunk)
	b.off += n
	return n, err
}

// Close implements io.Closer.
func (b *followerBody) Close() error {
	b.fill.leave()
	return nil
}

// aloneBody sends a body that is not shared, straight from the origin, through
// one small buffer.
type aloneBody struct {
	src  io.ReadCloser
	done context.CancelCauseFunc // frees the fetch's context
	conn net.Conn
	cut  func()
}

var copyBuffers = sync.Pool{New: func() any { return new([copyBuffer]byte) }}

// WriteTo implements io.WriterTo.
func (b *aloneBody) WriteTo(w io.Writer) (int64, error) {
	buf := copyBuffers.Get().(*[copyBuffer]byte) //nolint:forcetypeassert // the pool holds nothing else
	defer copyBuffers.Put(buf)
	out := connOr(b.conn, w)
	var sent int64
	for {
		n, err := b.src.Read(buf[:])
		m, writeErr := writeChunks(out, b.conn, buf[:n])
		sent += int64(m)
		switch {
		case writeErr != nil:
			return sent, writeErr
		case err == io.EOF:
			return sent, nil
		case err != nil:
			b.cut()
			return sent, err
		}
	}
}

// Read implements io.Reader.
func (b *aloneBody) Read(p []byte) (int, error) { return b.src.Read(p) }

// Close implements io.Closer.
func (b *aloneBody) Close() error {
	err := b.src.Close()
	b.done(nil)
	return err
}

func connOr(conn net.Conn, w io.Writer) io.Writer {
	if conn != nil {
		return conn
	}
	return w
}

// writeChunks writes p, each chunk with a deadline of its own.
func writeChunks(w io.Writer, conn net.Conn, p []byte) (int, error) {
	sent := 0
	for len(p) > 0 {
		chunk := p[:min(len(p), writeChunk)]
		if conn != nil {
			if err := conn.SetWriteDeadline(writeDeadline(time.Now(), len(chunk))); err != nil {
				return sent, err
			}
		}
		n, err := w.Write(chunk)
		sent += n
		if err != nil {
			return sent, err
		}
		p = p[n:]
	}
	return sent, nil
}
