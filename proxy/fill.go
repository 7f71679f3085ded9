package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"photoedge/cache"
	"photoedge/origin"
)

// phase is how far a fill is.
type phase uint8

const (
	// phaseAsking: no region has answered yet.
	phaseAsking phase = iota
	// phaseStreaming: the header is known and the body grows.
	phaseStreaming
	// phaseSettled: there is a complete entry.
	phaseSettled
	// phaseAlone: the answer may not or cannot be shared. The leader takes
	// its body; everyone else asks for themselves.
	phaseAlone
	// phaseFailed: no region answered, or the body broke off.
	phaseFailed
)

const (
	// finishAlone is what may be left of a body that nobody waits for any
	// more: so much is fetched to the end, because the bytes already paid for
	// are worth more than those saved.
	finishAlone = 8 << 20
	// publishEvery bounds one read into the buffer, so that followers see
	// bytes as they arrive.
	publishEvery = 128 << 10
)

var (
	errFillPanic = errors.New("proxy: the fill panicked")
	errAbandoned = errors.New("proxy: nobody waits for the fill any more")
	errNotShared = errors.New("proxy: the answer is not shared")
)

// fill is one fetch under way. It runs in its own goroutine, under a context
// of its own: the client that started it may leave. Its buffer has the
// object's size from the start and becomes the entry's body without a copy;
// bytes below ready never change, so followers read them without the lock: a
// thousand of them wake at once and none waits for another.
type fill struct {
	table *fills
	key   string
	gone  chan struct{} // closed when it has left the table
	site  *Site
	req   origin.Request
	slice *slice       // what part of the object is fetched; nil: all of it
	stale *cache.Entry // what is being validated; nil: nothing

	ctx    context.Context
	cancel context.CancelCauseFunc

	mu sync.Mutex
	// changed is closed when phase or ready change; nil: nobody waits.
	changed chan struct{}
	phase   phase
	// led: a request waits for the body of an answer that cannot be shared.
	led       bool
	followers int
	// reserved bytes of the budget, held until nobody needs the buffer or the
	// store accounts for it.
	reserved int64
	ended    bool

	head  *cache.Entry // phaseStreaming on: the entry without its body
	buf   []byte       // phaseStreaming on: size of the object
	ready atomic.Int64 // bytes of buf that may be read; grows under mu
	entry *cache.Entry // phaseSettled
	// unchanged: the origin said that the entry being validated still holds.
	unchanged bool
	alone     *origin.Response // phaseAlone, until the leader takes it
	err       error            // phaseFailed
}

func newFill(t *fills, w wanted, stale *cache.Entry, led bool) *fill {
	f := &fill{table: t, key: string(w.key), gone: make(chan struct{}), site: w.site, slice: w.slice, stale: stale, led: led}
	f.req = origin.Request{Key: w.object}
	switch {
	case w.slice != nil:
		f.req.Range, f.req.IfMatch = w.slice.rangeField(), w.slice.etag
	case stale != nil && stale.Status != cache.StatusNotFound:
		f.req.IfNoneMatch = stale.Version.ETag
	}
	if led {
		f.followers = 1 // counted before the fill runs: it may answer at once
	}
	f.ctx, f.cancel = context.WithCancelCause(t.ctx)
	return f
}

// run is the fill's life, from asking the origin to leaving the table.
func (f *fill) run() {
	defer f.table.forget(f)
	defer f.recoverPanic()
	resp, err := f.site.Origin.Fetch(f.ctx, f.req)
	switch {
	case err != nil && origin.KindOf(err) == origin.KindNotFound:
		f.settleAbsent()
	case err != nil:
		f.fail(err)
	case resp.Kind == origin.KindNotModified:
		f.settleUnchanged(resp)
	default:
		f.receive(resp)
	}
}

func (f *fill) recoverPanic() {
	if p := recover(); p != nil {
		f.table.panics.Add(1)
		f.fail(fmt.Errorf("%w: %v", errFillPanic, p))
	}
}

// settleAbsent: the source says there is no such object.
func (f *fill) settleAbsent() {
	now := time.Now()
	e := cache.NewEntry(cache.Entry{
		Key: f.key, Status: cache.StatusNotFound,
		Lifetime: cache.NegativeLifetime(now, f.site.Policy),
	})
	f.settle(e, false)
}

// settleUnchanged: the entry that was validated still holds.
func (f *fill) settleUnchanged(resp *origin.Response) {
	if f.stale == nil {
		f.fail(errors.New("proxy: not-modified without a condition"))
		return
	}
	fields := freshenedFields(f.stale.Fields, resp.Header, f.site, resp.AnswerTime)
	f.settle(f.stale.Refresh(fields, freshenedVersion(f.stale.Version, resp), lifetimeOf(resp, fields, f.site), resp.Region), true)
}

// receive takes a found object in: shared through a buffer, in slices, or
// alone.
func (f *fill) receive(resp *origin.Response) {
	head, err := f.headOf(resp)
	if err != nil {
		_ = resp.Body.Close()
		f.fail(err)
		return
	}
	switch largest := f.table.store.MaxObject(); {
	case !head.Lifetime.Storable || resp.Size < 0:
		f.handOver(head, resp)
		return
	case resp.Size > largest && canBeSliced(head):
		_ = resp.Body.Close() // its bytes come in slices
		head.Status, head.Size = cache.StatusLarge, resp.Size
		f.settle(cache.NewEntry(*head), false)
		return
	case resp.Size > largest || !f.table.budget.reserve(resp.Size):
		f.handOver(head, resp)
		return
	}
	f.fillFrom(head, resp)
}

// headOf is the entry that resp makes, still without its body.
func (f *fill) headOf(resp *origin.Response) (*cache.Entry, error) {
	head := &cache.Entry{
		Key: f.key, Status: cache.StatusFound, Region: resp.Region,
		Version: cache.Version{ETag: resp.ETag, ID: resp.VersionID, LastModified: resp.LastModified},
	}
	if f.slice != nil {
		head.Lifetime = sliceLifetime(resp.AnswerTime)
		return head, f.slice.check(resp)
	}
	head.Fields = storedFields(resp.Header, f.site, resp.AnswerTime)
	head.Lifetime = lifetimeOf(resp, head.Fields, f.site)
	return head, nil
}

// fillFrom reads the body into a buffer that followers read from meanwhile.
func (f *fill) fillFrom(head *cache.Entry, resp *origin.Response) {
	f.mu.Lock()
	f.phase, f.head, f.buf, f.reserved = phaseStreaming, head, make([]byte, resp.Size), resp.Size
	f.abandonIfUnwanted()
	f.wake()
	f.mu.Unlock()

	err := f.read(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		f.fail(err)
		return
	}
	e := *head
	e.Body = f.buf
	f.settle(cache.NewEntry(e), false)
}

// read fills the buffer and publishes it as it grows, all but the last byte:
// that one only when length and checksum were found right, so that no client
// can take a body for whole that was not.
func (f *fill) read(src io.Reader) error {
	n := 0
	for n < len(f.buf) {
		m, err := src.Read(f.buf[n:min(n+publishEvery, len(f.buf))])
		n += m
		if err == io.EOF && n == len(f.buf) {
			return nil
		}
		if err != nil {
			return err
		}
		f.publish(min(n, len(f.buf)-1))
	}
	var over [1]byte
	for {
		_, err := src.Read(over[:])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (f *fill) publish(ready int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if int64(ready) > f.ready.Load() {
		f.ready.Store(int64(ready))
		f.wake()
	}
}

// wake wakes all who wait for a change. f.mu is held.
func (f *fill) wake() {
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}

// change returns a channel that is closed at the next change. f.mu is held.
func (f *fill) change() <-chan struct{} {
	if f.changed == nil {
		f.changed = make(chan struct{})
	}
	return f.changed
}

// settle gives everyone the complete entry and offers it to the store. It is
// the only place where a fill writes to the store.
func (f *fill) settle(e *cache.Entry, unchanged bool) {
	f.mu.Lock()
	f.phase, f.entry, f.unchanged = phaseSettled, e, unchanged
	f.ready.Store(int64(len(f.buf)))
	f.wake()
	f.mu.Unlock()
	f.cancel(nil)

	kept := false
	if e.Lifetime.Storable {
		kept = f.table.store.Put(e) == cache.Admitted
	} else {
		f.table.store.Delete(f.key) // what was there is not the truth any more
	}
	f.finish(kept)
}

// handOver gives the live body to the leader, if there is one.
func (f *fill) handOver(head *cache.Entry, resp *origin.Response) {
	if !head.Lifetime.Storable {
		f.table.store.Delete(f.key)
	}
	f.mu.Lock()
	f.phase, f.head, f.err = phaseAlone, head, errNotShared
	if f.led && f.followers > 0 {
		f.alone = resp
	}
	taken := f.alone != nil
	f.wake()
	f.mu.Unlock()
	if !taken {
		_ = resp.Body.Close()
		f.cancel(nil)
	}
	f.finish(false)
}

// takeAlone gives the leader the answer that cannot be shared, once. The
// caller closes its body and then calls f.cancel.
func (f *fill) takeAlone() *origin.Response {
	f.mu.Lock()
	defer f.mu.Unlock()
	resp := f.alone
	f.alone = nil
	return resp
}

// fail ends the fill without an entry. What followers were sent stays short of
// its length, and their connections are cut.
func (f *fill) fail(err error) {
	f.mu.Lock()
	f.phase, f.err = phaseFailed, err
	f.wake()
	f.mu.Unlock()
	f.cancel(nil)
	f.finish(false)
}

// finish marks the end. When the store keeps the body it accounts for it;
// otherwise the budget does until the last follower has left.
func (f *fill) finish(kept bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
	if kept || f.followers == 0 {
		f.releaseBudget()
	}
}

// releaseBudget gives back what the buffer had reserved. f.mu is held.
func (f *fill) releaseBudget() {
	f.table.budget.release(f.reserved)
	f.reserved = 0
}

// enter adds a request that came at now; it reports false when the fill can no
// longer serve one more: it has failed, must not be shared, or has brought what
// is not fresh any more. Who asks after an answer that must be validated each
// time gets a validation, not that answer.
func (f *fill) enter(now int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch f.phase {
	case phaseFailed, phaseAlone:
		return false
	case phaseStreaming:
		if f.ctx.Err() != nil {
			return false // abandoned: it will fail (whole bodies settle before they cancel)
		}
	case phaseSettled:
		if f.entry.Lifetime.State(now) != cache.Fresh {
			return false
		}
	}
	f.followers++
	return true
}

// leave takes a request off. The last one to leave a large body ends it.
func (f *fill) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.followers--
	if f.followers > 0 {
		return
	}
	if f.ended {
		f.releaseBudget()
		return
	}
	f.abandonIfUnwanted()
}

// close implements source.
func (f *fill) close() { f.leave() }

// abandonIfUnwanted ends a fill that nobody follows and whose rest is too large
// to be fetched for its own sake. f.mu is held.
func (f *fill) abandonIfUnwanted() {
	if f.followers == 0 && f.phase == phaseStreaming && int64(len(f.buf))-f.ready.Load() > finishAlone {
		f.cancel(errAbandoned)
	}
}

// await blocks until the origin has answered or failed, and returns the phase.
// The origin's deadline bounds the wait.
func (f *fill) await() phase {
	for {
		p, changed := f.look()
		if p != phaseAsking {
			return p
		}
		<-changed
	}
}

// look returns the phase and what to wait for while it is phaseAsking.
func (f *fill) look() (phase, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.phase != phaseAsking {
		return f.phase, nil
	}
	return f.phase, f.change()
}

// bytesFrom blocks until there are bytes at off and returns them; they stay
// valid and unchanged. At the end it returns io.EOF, after a failure its cause.
func (f *fill) bytesFrom(off int64) ([]byte, error) {
	for {
		if ready := f.ready.Load(); ready > off {
			return f.buf[off:ready], nil
		}
		changed, err := f.more(off)
		if err != nil {
			return nil, err
		}
		<-changed
	}
}

// more returns what to wait for until there may be bytes at off, or why there
// will be none.
func (f *fill) more(off int64) (<-chan struct{}, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.ready.Load() > off:
		return closedChannel(), nil // they came just now
	case f.phase == phaseSettled:
		return nil, io.EOF
	case f.phase == phaseFailed || f.phase == phaseAlone:
		return nil, f.err
	default:
		return f.change(), nil
	}
}

func closedChannel() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}
