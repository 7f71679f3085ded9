package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"photoedge/cache"
	"photoedge/origin"
)

// An object above max_object is served in slices: aligned parts of sliceSize
// bytes, each of them filled, followed and kept like an object of its own.
// What is kept under the object's key is its head, without a body. All slices
// of one head are fetched with If-Match on its ETag, and the ETag is part of
// their keys: bytes of two versions never meet, neither in the cache nor in a
// response. When the object changes under way, the connection is cut.

const (
	// sliceSize is a compromise: a client holds at most two slices in memory,
	// and a region is asked once for each.
	sliceSize = 1 << 20
	// sliceTries is how often one slice is asked for in one response when
	// fetching it breaks off; each try goes through all regions.
	sliceTries = 3
	// sliceTTL: a slice belongs to one version and never grows stale; its head
	// does.
	sliceTTL = 30 * 24 * time.Hour
)

// slice is a part of one version of an object.
type slice struct {
	first, last, total int64
	etag               string
}

func (s *slice) rangeField() string {
	return "bytes=" + strconv.FormatInt(s.first, 10) + "-" + strconv.FormatInt(s.last, 10)
}

// check says whether resp is this slice, of this version.
func (s *slice) check(resp *origin.Response) error {
	want := string(appendContentRange(nil, byteRange{s.first, s.last}, s.total))
	got := resp.Header.Get(fieldContentRange)
	if resp.ETag != s.etag || got != want || resp.Size != s.last-s.first+1 {
		return &origin.Error{
			Kind: origin.KindPrecondition, Region: resp.Region, Status: resp.Status,
			Err: fmt.Errorf("asked for %s of %s, got %q of %s", want, s.etag, got, resp.ETag),
		}
	}
	return nil
}

// canBeSliced: without a strong ETag slices could not be told apart from those
// of another version.
func canBeSliced(head *cache.Entry) bool {
	return head.Version.ETag != "" && head.Version.ETag[0] == '"'
}

func sliceLifetime(answered time.Time) cache.Lifetime {
	until := answered.Add(sliceTTL).UnixNano()
	return cache.Lifetime{
		Storable: true, Born: answered.UnixNano(),
		FreshUntil: until, StaleUntil: until, StaleIfErrorUntil: until,
	}
}

// slicedBody is a large object's body for one response: the slice that is being
// sent, and the next one already under way.
type slicedBody struct {
	h       *Handler
	site    *Site
	object  string
	head    *cache.Entry
	now     time.Time
	end     int64 // nothing is wanted from here on
	current heldSlice
	next    heldSlice
}

// heldSlice is a slice that this response follows or reads; src nil: none.
type heldSlice struct {
	index int64
	src   source
	fill  *fill // src, when it is a fill
	part  part
}

// newSlicedBody returns the body of head's object, of which segments are wanted.
func (h *Handler) newSlicedBody(r *request, head *cache.Entry, segments []segment) *slicedBody {
	s := &slicedBody{h: h, site: r.site, object: r.objectKey(), head: head, now: r.now}
	for _, segment := range segments {
		s.end = max(s.end, segment.to)
	}
	return s
}

// bytesFrom implements source.
func (s *slicedBody) bytesFrom(off int64) ([]byte, error) {
	if off >= s.head.Size {
		return nil, io.EOF
	}
	index := off / sliceSize
	for try := 1; ; try++ {
		s.moveTo(index)
		b, err := s.current.src.bytesFrom(off - index*sliceSize)
		if errors.Is(err, errNotShared) {
			if err = s.goAlone(); err == nil {
				b, err = s.current.src.bytesFrom(off - index*sliceSize)
			}
		}
		if err == nil {
			return b, nil
		}
		s.current.drop()
		if origin.KindOf(err) == origin.KindPrecondition {
			s.h.store.Delete(s.head.Key) // the next request asks for the object anew
			return nil, err
		}
		if try == sliceTries {
			return nil, err
		}
	}
}

// moveTo makes slice index the current one and starts the one behind it.
func (s *slicedBody) moveTo(index int64) {
	if s.current.src == nil || s.current.index != index {
		s.current.drop()
		if s.next.src != nil && s.next.index == index {
			s.current, s.next = s.next, heldSlice{}
		} else {
			s.current = s.hold(index)
		}
	}
	if after := index + 1; s.next.index != after && after*sliceSize < s.end {
		s.next.drop()
		s.next = s.hold(after)
	}
}

// hold finds a slice in the store or joins its fill.
func (s *slicedBody) hold(index int64) heldSlice {
	part := &slice{
		first: index * sliceSize, last: min((index+1)*sliceSize, s.head.Size) - 1,
		total: s.head.Size, etag: s.head.Version.ETag,
	}
	key := append([]byte(s.head.Key), keyEnd)
	key = strconv.AppendInt(append(append(key, part.etag...), keyEnd), index, 10)
	held := heldSlice{index: index}
	entry := s.h.store.Get(key)
	if entry == nil {
		held.fill, held.part, entry = s.h.fills.join(wanted{
			key: key, site: s.site, object: s.object, slice: part, now: s.now,
		}, nil)
	}
	if entry != nil {
		held.fill, held.src = nil, entrySource{entry}
		return held
	}
	held.src = held.fill
	return held
}

// goAlone replaces the current slice's fill, whose answer is not shared for
// lack of memory, by the body itself.
func (s *slicedBody) goAlone() error {
	held := &s.current
	var resp *origin.Response
	done := held.fill.cancel
	if held.part == partLeader {
		resp = held.fill.takeAlone()
	}
	if resp == nil {
		ctx, cancel := context.WithCancelCause(s.h.fills.ctx)
		var err error
		if resp, err = s.site.Origin.Fetch(ctx, held.fill.req); err == nil {
			err = held.fill.slice.check(resp)
		}
		if err != nil {
			cancel(nil)
			return err
		}
		done = cancel
	}
	held.fill.leave()
	held.src, held.fill = &aloneSource{body: resp.Body, done: done}, nil
	return nil
}

func (s *heldSlice) drop() {
	if s.src != nil {
		s.src.close()
	}
	if s.fill != nil && s.part == partLeader {
		if resp := s.fill.takeAlone(); resp != nil {
			_ = resp.Body.Close()
			s.fill.cancel(nil)
		}
	}
	*s = heldSlice{index: -1}
}

// aloneSource is a body that is not shared, read in order.
type aloneSource struct {
	body io.ReadCloser
	done context.CancelCauseFunc
	buf  []byte // what was read last
	at   int64  // of buf's first byte
}

func (a *aloneSource) bytesFrom(off int64) ([]byte, error) {
	for off >= a.at+int64(len(a.buf)) {
		a.at += int64(len(a.buf))
		if a.buf == nil {
			a.buf = make([]byte, copyBuffer)
		}
		n, err := a.body.Read(a.buf[:cap(a.buf)])
		a.buf = a.buf[:n]
		if n == 0 && err != nil {
			return nil, err
		}
	}
	return a.buf[off-a.at:], nil
}

func (a *aloneSource) close() {
	_ = a.body.Close()
	a.done(nil)
}

// close implements source.
func (s *slicedBody) close() {
	s.current.drop()
	s.next.drop()
}
