package origin

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Timing bounds every wait on a region. Zero fields take their defaults.
type Timing struct {
	// ConnectTimeout bounds a TCP connect. Zero: 500 ms.
	ConnectTimeout time.Duration
	// FirstByteTimeout bounds one attempt from its start to the answer's
	// header. Zero: 2 s.
	FirstByteTimeout time.Duration
	// StallTimeout is the longest pause within a body. Zero: 2 s.
	StallTimeout time.Duration
	// Deadline bounds all attempts together, from the first to the header of
	// the one that answers. It does not bound the body, which is watched for
	// stalls: a large object may rightly take longer. Zero: 15 s.
	Deadline time.Duration
	// MaxConnections bounds one region's concurrent requests. Zero: 256.
	MaxConnections int
	// ProbeInterval is how often a region is measured that nobody asks. Zero:
	// 10 s.
	ProbeInterval time.Duration
}

const (
	defaultConnectTimeout   = 500 * time.Millisecond
	defaultFirstByteTimeout = 2 * time.Second
	defaultStallTimeout     = 2 * time.Second
	defaultDeadline         = 15 * time.Second
	defaultMaxConnections   = 256
	defaultProbeInterval    = 10 * time.Second
)

func (t Timing) withDefaults() Timing {
	setZero(&t.ConnectTimeout, defaultConnectTimeout)
	setZero(&t.FirstByteTimeout, defaultFirstByteTimeout)
	setZero(&t.StallTimeout, defaultStallTimeout)
	setZero(&t.Deadline, defaultDeadline)
	setZero(&t.MaxConnections, defaultMaxConnections)
	setZero(&t.ProbeInterval, defaultProbeInterval)
	return t
}

// Options make a Router.
type Options struct {
	// Regions in the order in which they are asked until something is
	// measured. Exactly one is the Source.
	Regions []RegionOptions
	Timing  Timing
	Breaker BreakerSettings
}

// Router asks a site's regions for objects. Safe for concurrent use.
type Router struct {
	timing  Timing
	breaker BreakerSettings

	mu    sync.Mutex
	order []*Region // nearest first

	// lastKey is a key that was found of late: what a probe asks for.
	lastKey atomic.Pointer[string]

	stop    context.CancelFunc
	stopped sync.WaitGroup
}

// NewRouter makes the regions' clients and starts probing. It asks no region
// before it returns: a region that is down at the start is no error. Close
// must be called.
func NewRouter(ctx context.Context, opts Options) (*Router, error) {
	r := &Router{timing: opts.Timing.withDefaults(), breaker: opts.Breaker.withDefaults()}
	sources := 0
	names := map[string]bool{}
	for _, ro := range opts.Regions {
		if names[ro.Name] {
			return nil, fmt.Errorf("origin: two regions named %q", ro.Name)
		}
		names[ro.Name] = true
		if ro.Role == Source {
			sources++
		}
		region, err := newRegion(ctx, ro, r.timing, r.breaker)
		if err != nil {
			return nil, err
		}
		region.rank = len(r.order)
		r.order = append(r.order, region)
	}
	if sources != 1 {
		return nil, fmt.Errorf("origin: %d source regions, must be exactly one", sources)
	}
	probing, stop := context.WithCancel(context.Background())
	r.stop = stop
	r.stopped.Go(func() { r.probeLoop(probing) })
	return r, nil
}

// Close ends probing and closes idle connections. Fetches under way go on.
func (r *Router) Close() {
	r.stop()
	r.stopped.Wait()
	for _, region := range r.nearestFirst() {
		region.closeFn()
	}
}

// Fetch asks the regions for req and returns the first answer that may be
// believed. The error is always an *Error:
//
//   - KindNotFound only on the source's word;
//   - KindUnavailable or KindThrottled when another try later may go better;
//   - KindDenied, KindArchived, KindPrecondition, KindInvalidRange as the
//     regions said.
//
// ctx ends the fetch including its body; it must outlive the body's reading.
func (r *Router) Fetch(ctx context.Context, req Request) (*Response, error) {
	f := fetch{router: r, req: req, left: r.candidates(), deadline: time.Now().Add(r.timing.Deadline)}
	for {
		region := f.next()
		if region == nil {
			return nil, f.failure()
		}
		resp, err := region.attempt(ctx, req, time.Until(f.deadline))
		if err == nil {
			if resp.Kind == KindFound {
				r.lastKey.Store(&req.Key)
			}
			return resp, nil
		}
		if f.final(region, err) {
			return nil, err
		}
	}
}

// fetch is the state of one Router.Fetch.
type fetch struct {
	router   *Router
	req      Request
	left     []*Region
	deadline time.Time
	// missing: a replica said not-found, which only the source can confirm.
	missing bool
	last    *Error
}

// next takes the region to ask: the nearest left, but the source at once when
// a replica lacks the object. Nil when none is left or the time is up.
func (f *fetch) next() *Region {
	if len(f.left) == 0 || !time.Now().Before(f.deadline) {
		return nil
	}
	i := 0
	if f.missing {
		for j, region := range f.left {
			if region.Role() == Source {
				i = j
			}
		}
	}
	region := f.left[i]
	f.left = append(f.left[:i:i], f.left[i+1:]...)
	return region
}

// final decides whether err ends the fetch, and remembers it if not.
func (f *fetch) final(region *Region, err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Kind: KindUnavailable, Region: region.Name(), Err: err}
	}
	fromReplica := region.Role() == Replica
	switch {
	case e.Kind == KindNotFound && fromReplica:
		f.missing = true
		return false
	case (e.Kind == KindPrecondition || e.Kind == KindInvalidRange) && fromReplica:
		// The replica may hold another version than the one meant.
		f.remember(e)
		return false
	case e.Kind.nextRegion():
		f.remember(e)
		return false
	default:
		return true
	}
}

// remember keeps the error that says most to a client: one that will pass
// before one that will not.
func (f *fetch) remember(e *Error) {
	transient := func(k Kind) bool { return k == KindUnavailable || k == KindThrottled }
	if f.last == nil || transient(e.Kind) || !transient(f.last.Kind) {
		f.last = e
	}
}

// failure is the error of a fetch that no region answered.
func (f *fetch) failure() *Error {
	switch {
	case f.missing:
		return &Error{Kind: KindUnavailable, Err: errors.Join(errAuthorityAway, asError(f.last)), RetryAfter: f.router.breaker.Open}
	case f.last != nil:
		setZero(&f.last.RetryAfter, f.router.breaker.Open)
		return f.last
	case !time.Now().Before(f.deadline):
		return &Error{Kind: KindUnavailable, Err: errDeadline, RetryAfter: f.router.breaker.Open}
	default:
		return &Error{Kind: KindUnavailable, Err: errBreakerOpen, RetryAfter: f.router.breaker.Open}
	}
}

func asError(e *Error) error {
	if e == nil {
		return nil
	}
	return e
}

// candidates are the regions to ask, nearest first. Those whose breaker is not
// closed are left to the probes, so that no visitor waits on them; only when
// no breaker is closed may a request be the half-open breaker's probe.
func (r *Router) candidates() []*Region {
	order := r.nearestFirst()
	healthy := make([]*Region, 0, len(order))
	for _, region := range order {
		if region.breaker.closed() {
			healthy = append(healthy, region)
		}
	}
	if len(healthy) > 0 {
		return healthy
	}
	return order
}

// nearestFirst returns a copy of the order after moving regions that go before
// those they stand behind.
func (r *Router) nearestFirst() []*Region {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := 1; i < len(r.order); i++ {
		for j := i; j > 0; j-- {
			behind, before := r.order[j].near.forOrder(), r.order[j-1].near.forOrder()
			if !goesFirst(behind, before, r.order[j].rank, r.order[j-1].rank) {
				break
			}
			r.order[j], r.order[j-1] = r.order[j-1], r.order[j]
		}
	}
	return append([]*Region(nil), r.order...)
}

// RegionStatus is a region as the router sees it.
type RegionStatus struct {
	Name string `json:"name"`
	Role Role   `json:"role"`
	// Breaker is "closed", "open" or "half-open".
	Breaker string `json:"breaker"`
	// FirstByte is the measured time to first byte, 0 if none yet.
	FirstByte time.Duration `json:"first_byte_ns"`
	// InFlight is the number of requests under way.
	InFlight int `json:"in_flight"`
}

// Regions lists the regions, nearest first.
func (r *Router) Regions() []RegionStatus {
	order := r.nearestFirst()
	out := make([]RegionStatus, len(order))
	for i, region := range order {
		took, _ := region.near.measure()
		out[i] = RegionStatus{
			Name: region.Name(), Role: region.Role(), Breaker: region.breaker.state().String(),
			FirstByte: took, InFlight: len(region.slots),
		}
	}
	return out
}
