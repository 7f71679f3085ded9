package origin

import (
	"time"

	"github.com/sony/gobreaker/v2"
)

// BreakerSettings say when a region is left alone and for how long.
type BreakerSettings struct {
	// ConsecutiveFailures opens the breaker. Zero: 5.
	ConsecutiveFailures uint32
	// FailureRatio opens it too, over Window and at least MinRequests.
	// Between 0 and 1; zero: 0.5.
	FailureRatio float64
	// MinRequests below which FailureRatio says nothing. Zero: 20.
	MinRequests uint32
	// Window is how long a failure is remembered. Requests that outlast it are
	// never counted, so keep it far above the timeouts. Zero: 60 s.
	Window time.Duration
	// Open is how long an open breaker lets nothing through. Then single
	// probes decide. Zero: 5 s.
	Open time.Duration
}

const (
	defaultConsecutiveFailures = 5
	defaultFailureRatio        = 0.5
	defaultMinRequests         = 20
	defaultWindow              = 60 * time.Second
	defaultOpen                = 5 * time.Second
	windowBuckets              = 6
)

func (s BreakerSettings) withDefaults() BreakerSettings {
	setZero(&s.ConsecutiveFailures, defaultConsecutiveFailures)
	setZero(&s.FailureRatio, defaultFailureRatio)
	setZero(&s.MinRequests, defaultMinRequests)
	setZero(&s.Window, defaultWindow)
	setZero(&s.Open, defaultOpen)
	return s
}

func setZero[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// breaker is gobreaker in its two-step form: leave is asked before an attempt
// and the outcome reported after the body.
type breaker struct {
	cb      *gobreaker.TwoStepCircuitBreaker[struct{}]
	openFor time.Duration
}

func newBreaker(name string, s BreakerSettings) *breaker {
	return &breaker{openFor: s.Open, cb: gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name:         name,
		MaxRequests:  1, // one probe at a time while half open
		Interval:     s.Window,
		BucketPeriod: s.Window / windowBuckets,
		Timeout:      s.Open,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			if c.ConsecutiveFailures >= s.ConsecutiveFailures {
				return true
			}
			counted := c.TotalSuccesses + c.TotalFailures
			return counted >= s.MinRequests && float64(c.TotalFailures) >= s.FailureRatio*float64(counted)
		},
		IsSuccessful: func(err error) bool { return KindOf(err).forBreaker() == countsAsSuccess },
		IsExcluded:   func(err error) bool { return err != nil && KindOf(err).forBreaker() == countsAsNothing },
	})}
}

// allow asks for leave. report must be called exactly once with what came of
// it. recovering is true when this is a half-open breaker's probe.
func (b *breaker) allow() (report func(Kind), recovering bool, err error) {
	recovering = b.state() != gobreaker.StateClosed
	done, err := b.cb.Allow()
	if err != nil {
		return nil, false, err
	}
	return func(k Kind) { done(&Error{Kind: k}) }, recovering, nil
}

func (b *breaker) state() gobreaker.State { return b.cb.State() }

func (b *breaker) closed() bool { return b.state() == gobreaker.StateClosed }
