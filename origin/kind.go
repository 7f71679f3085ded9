package origin

import (
	"errors"
	"fmt"
	"time"
)

// Kind is what a region's answer means. Every SDK error is classified into one
// where it enters; nothing beyond looks at SDK errors or status codes.
type Kind uint8

const (
	// KindFound is an object, whole or the asked range of it.
	KindFound Kind = iota
	// KindNotModified: the object still is the version that was named.
	KindNotModified
	// KindNotFound: the region has no such object. The truth only from the
	// source.
	KindNotFound
	// KindPrecondition: the object is no longer the version of If-Match.
	KindPrecondition
	// KindInvalidRange: the range lies beyond the object.
	KindInvalidRange
	// KindDenied: credentials, permissions or the request itself were refused.
	// Where listing is not permitted, S3 also says this of missing keys.
	KindDenied
	// KindArchived: the object lies in an archive class and must be restored.
	KindArchived
	// KindThrottled: the region asks for fewer requests. It is not down.
	KindThrottled
	// KindUnavailable: timeouts, refusals, resets, 5xx, bodies that broke off,
	// stalled or did not match their checksum.
	KindUnavailable
	// KindCanceled: we gave up ourselves.
	KindCanceled
)

// String returns the kind as it stands in metrics, logs and headers.
func (k Kind) String() string {
	return [...]string{
		"found", "not-modified", "not-found", "precondition", "invalid-range",
		"denied", "archived", "throttled", "unavailable", "canceled",
	}[k]
}

// countsAs says what a kind means to a circuit breaker.
type countsAs uint8

const (
	countsAsSuccess countsAs = iota
	countsAsFailure
	countsAsNothing
)

// forBreaker: an answer of any content shows that the region lives. Throttling
// belongs to the concurrency limit, and our own cancelling says nothing.
func (k Kind) forBreaker() countsAs {
	switch k {
	case KindUnavailable:
		return countsAsFailure
	case KindThrottled, KindCanceled:
		return countsAsNothing
	default:
		return countsAsSuccess
	}
}

// nextRegion says whether another region may answer better.
func (k Kind) nextRegion() bool {
	switch k {
	case KindDenied, KindArchived, KindThrottled, KindUnavailable:
		return true
	default:
		return false
	}
}

// Error is a fetch that brought no object, or a body that broke off.
type Error struct {
	Kind Kind
	// Region that answered so; empty when no region was asked at all.
	Region string
	// Status is the HTTP status, 0 when no answer came.
	Status int
	// Code is S3's error code, empty when there was none.
	Code string
	// RetryAfter is when another try may go better; zero: unknown.
	RetryAfter time.Duration
	// Err is the cause, for logs. It may name buckets and hosts.
	Err error
}

// Error describes the failure for logs; it may name buckets and hosts.
func (e *Error) Error() string {
	if e.Region == "" {
		return fmt.Sprintf("origin: %s: %v", e.Kind, e.Err)
	}
	return fmt.Sprintf("origin: region %s: %s: %v", e.Region, e.Kind, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of any error of this package, KindUnavailable for a
// foreign one, and KindFound for nil.
func KindOf(err error) Kind {
	if err == nil {
		return KindFound
	}
	if oe, ok := errors.AsType[*Error](err); ok {
		return oe.Kind
	}
	return KindUnavailable
}
