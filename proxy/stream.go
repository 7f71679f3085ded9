package proxy

import (
	"context"
	"io"
	"net"
	"sync"
	"time"

	"photoedge/cache"
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
func writeDeadline(now time.Time, n int64) time.Time {
	return now.Add(writePatience + time.Duration(n)*time.Second/minReadRate)
}

// source is where a body's bytes come from: a complete entry, a fill that
// grows, or slices of a large object. It belongs to one response.
type source interface {
	// bytesFrom blocks until there are bytes at off and returns some; they
	// stay valid and unchanged until the next call. At the object's end it
	// returns io.EOF.
	bytesFrom(off int64) ([]byte, error)
	// close lets go of the source.
	close()
}

// entrySource is a complete entry's body.
type entrySource struct{ entry *cache.Entry }

func (s entrySource) bytesFrom(off int64) ([]byte, error) {
	if off >= int64(len(s.entry.Body)) {
		return nil, io.EOF
	}
	return s.entry.Body[off:], nil
}

func (entrySource) close() {}

// segment is a part of a body: text of ours, or the object's bytes from up to
// but not including to.
type segment struct {
	text     []byte
	from, to int64
}

func (s segment) length() int64 { return int64(len(s.text)) + s.to - s.from }

// sharedBody sends segments of an object to one client, at the client's pace.
// fasthttp calls WriteTo after it has flushed the header, and Close in any
// case; so nothing is buffered and chunks may go straight to the connection.
type sharedBody struct {
	src      source
	segments []segment
	conn     net.Conn
	cut      func() // called when the body could not be completed
}

// WriteTo implements io.WriterTo.
func (b *sharedBody) WriteTo(w io.Writer) (int64, error) {
	var sent int64
	for _, s := range b.segments {
		n, err := writeChunks(connOr(b.conn, w), b.conn, s.text)
		sent += n
		if err != nil {
			return sent, err
		}
		n, err = b.writeObject(w, s.from, s.to)
		sent += n
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// writeObject sends the object's bytes from off up to but not including to.
func (b *sharedBody) writeObject(w io.Writer, off, to int64) (sent int64, err error) {
	for off < to {
		chunk, err := b.src.bytesFrom(off)
		if err != nil {
			b.cut()
			return sent, err
		}
		chunk = chunk[:min(int64(len(chunk)), to-off)]
		n, err := writeChunks(connOr(b.conn, w), b.conn, chunk)
		sent, off = sent+n, off+n
		if err != nil {
			return sent, err
		}
	}
	return sent, nil
}

// Read implements io.Reader, which fasthttp asks for; it sends with WriteTo.
func (b *sharedBody) Read([]byte) (int, error) { return 0, io.ErrNoProgress }

// Close implements io.Closer.
func (b *sharedBody) Close() error {
	b.src.close()
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
	var sent int64
	for {
		n, err := b.src.Read(buf[:])
		m, writeErr := writeChunks(connOr(b.conn, w), b.conn, buf[:n])
		sent += m
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
func writeChunks(w io.Writer, conn net.Conn, p []byte) (int64, error) {
	var sent int64
	for len(p) > 0 {
		chunk := p[:min(len(p), writeChunk)]
		if conn != nil {
			if err := conn.SetWriteDeadline(writeDeadline(time.Now(), int64(len(chunk)))); err != nil {
				return sent, err
			}
		}
		n, err := w.Write(chunk)
		sent += int64(n)
		if err != nil {
			return sent, err
		}
		p = p[n:]
	}
	return sent, nil
}
