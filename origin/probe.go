package origin

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	minProbeTick = 20 * time.Millisecond
	maxProbeTick = time.Second
)

// probeLoop measures the regions that nobody asks and is the half-open
// breakers' probe, until ctx ends.
func (r *Router) probeLoop(ctx context.Context) {
	tick := min(r.timing.ProbeInterval, r.breaker.Open) / 4
	ticker := time.NewTicker(min(max(tick, minProbeTick), maxProbeTick))
	defer ticker.Stop()
	for {
		r.probeDue(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// probeDue starts a probe of each region that is due and has none under way.
func (r *Router) probeDue(ctx context.Context) {
	for _, region := range r.nearestFirst() {
		if !region.probeDue(time.Now()) || !region.probing.CompareAndSwap(false, true) {
			continue
		}
		r.stopped.Go(func() {
			defer region.probing.Store(false)
			region.probe(ctx, r.lastKey.Load())
		})
	}
}

// probeDue: nothing was measured for the interval, or the breaker waits for a
// probe.
func (r *Region) probeDue(now time.Time) bool {
	_, last := r.near.measure()
	return !r.breaker.closed() || now.Sub(last) >= r.timing.ProbeInterval
}

// probe asks for an object's header, so that it measures the way of a real
// request: of a key that was found of late, or of the bucket if there is none.
// The breaker counts it like any other request.
func (r *Region) probe(ctx context.Context, key *string) {
	report, recovering, err := r.breaker.allow()
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeoutCause(ctx, r.timing.FirstByteTimeout, errFirstByteTimeout)
	defer cancel()
	start := time.Now()
	if key != nil {
		_, err = r.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &r.opts.Bucket, Key: key})
	} else {
		_, err = r.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &r.opts.Bucket})
	}
	took := time.Since(start)
	kind := KindFound
	if err != nil {
		kind = classify(ctx, r.opts.Name, err).Kind
	}
	if kind.forBreaker() != countsAsNothing {
		if kind != KindUnavailable || context.Cause(ctx) != nil {
			r.near.observe(took, recovering && kind != KindUnavailable, time.Now())
		} else {
			r.near.touch(time.Now())
		}
	}
	report(kind)
}
