package origin

import (
	"context"
	"errors"
	"io"
	"time"
)

// attempt is one question to one region, from the breaker's leave to the last
// byte. Its timer guards one phase after the other: first the header, then
// each read of the body. A client that reads slowly stops the timer between
// reads, so only the region's own stalls count.
type attempt struct {
	region *Region
	ctx    context.Context
	cancel context.CancelCauseFunc
	report func(Kind)
	slot   func()

	started  time.Time
	answered time.Duration // from started to the header or the failure
}

func newAttempt(ctx context.Context, r *Region, report func(Kind), slot func()) *attempt {
	a := &attempt{region: r, report: report, slot: slot, started: time.Now()}
	a.ctx, a.cancel = context.WithCancelCause(ctx)
	return a
}

// get waits for the region's header, at most budget, and returns the answer
// with a watched body, or an *Error.
func (a *attempt) get(req Request, budget time.Duration) (*Response, error) {
	timer := time.AfterFunc(budget, func() { a.cancel(errFirstByteTimeout) })
	resp, err := a.region.getObject(a.ctx, req)
	a.answered = time.Since(a.started)
	if !timer.Stop() && err == nil && resp.Body != nil {
		// The timer fired as the header came: the context is gone, and with it
		// the body.
		_ = resp.Body.Close()
		err = &Error{Kind: KindUnavailable, Region: a.region.opts.Name, Err: errFirstByteTimeout}
	}
	if err != nil {
		a.end(KindOf(err))
		return nil, err
	}
	if resp.Kind == KindNotModified {
		a.end(KindNotModified)
		return resp, nil
	}
	resp.Body = &body{a: a, src: resp.Body, want: resp.Size}
	return resp, nil
}

// firstByteTook is what the attempt says of the region's nearness. Our own
// cancelling and refused connections say nothing; a timeout says "at least
// that long".
func (a *attempt) firstByteTook(err error) (time.Duration, bool) {
	switch KindOf(err) {
	case KindCanceled, KindThrottled:
		return 0, false
	case KindUnavailable:
		return a.answered, errors.Is(err, errFirstByteTimeout)
	default:
		return a.answered, true
	}
}

// end tells the breaker and frees what the attempt held. Only the first call
// counts.
func (a *attempt) end(k Kind) {
	if a.report == nil {
		return
	}
	a.report(k)
	a.report = nil
	a.cancel(errAbandoned)
	a.slot()
}

// body reads an object's bytes and turns every end but the right one into an
// *Error.
type body struct {
	a     *attempt
	src   io.ReadCloser
	timer *time.Timer
	want  int64 // -1: the region did not say
	got   int64
	err   error // sticky
}

// Read implements io.Reader; see Response.Body.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	b.arm()
	n, err := b.src.Read(p)
	b.timer.Stop()
	b.got += int64(n)
	switch {
	case b.want >= 0 && b.got > b.want:
		b.fail(errLongBody)
		return 0, b.err
	case err == io.EOF:
		b.finish()
	case err != nil:
		b.fail(err)
	}
	return n, b.err
}

func (b *body) arm() {
	if b.timer == nil {
		b.timer = time.AfterFunc(b.a.region.timing.StallTimeout, func() { b.a.cancel(errStalled) })
		return
	}
	b.timer.Reset(b.a.region.timing.StallTimeout)
}

func (b *body) finish() {
	if b.want >= 0 && b.got != b.want {
		b.fail(errShortBody)
		return
	}
	b.err = io.EOF
	b.a.end(KindFound)
}

func (b *body) fail(err error) {
	e := classify(b.a.ctx, b.a.region.opts.Name, err)
	if errors.Is(err, errShortBody) || errors.Is(err, errLongBody) {
		e.Kind, e.Err = KindUnavailable, err
	}
	b.err = e
	b.a.end(e.Kind)
}

// Close gives the connection back. Closing before the end abandons the fetch,
// which says nothing about the region.
func (b *body) Close() error {
	if b.err == nil {
		b.err = &Error{Kind: KindCanceled, Region: b.a.region.opts.Name, Err: errAbandoned}
	}
	b.a.end(KindCanceled)
	_ = b.src.Close() // what it has to say, Read has said
	return nil
}
