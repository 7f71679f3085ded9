package cache

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// Policy is what a site says where the object says nothing. Explicit response
// fields win over all of it.
type Policy struct {
	// DefaultTTL is the freshness of an object without any expiry of its own.
	// Zero: such objects are validated each time.
	DefaultTTL time.Duration
	// StaleWhileRevalidate is how long after its freshness an entry may be
	// served while it is refreshed in the background (RFC 5861 §3). Zero: not.
	StaleWhileRevalidate time.Duration
	// StaleIfError is how long after its freshness an entry may be served
	// while no region answers (RFC 5861 §4). Zero: not.
	StaleIfError time.Duration
	// NegativeTTL is the freshness of the authority's "not found". Zero: such
	// answers are not kept.
	NegativeTTL time.Duration
}

// Answer is what an origin said about an object, as far as its lifetime goes.
// All header values are raw field lines, nil when absent.
type Answer struct {
	CacheControl            [][]byte
	Expires, Date, Age      [][]byte
	RequestTime, AnswerTime time.Time // when it was asked and when it answered
}

// Lifetime says until when an entry may be used, and how. All instants are
// Unix nanoseconds of the local clock; the zero Lifetime is not storable.
type Lifetime struct {
	// Storable: a shared cache may keep the answer (RFC 9111 §3).
	Storable bool
	// Born is when the age was zero, by the origin's own account (§4.2.3).
	Born int64
	// FreshUntil is the end of the freshness lifetime (§4.2).
	FreshUntil int64
	// StaleUntil ends the time in which a stale entry may be served while it
	// is being refreshed; never before FreshUntil.
	StaleUntil int64
	// StaleIfErrorUntil ends the time in which a stale entry may be served
	// because no region answers; never before FreshUntil.
	StaleIfErrorUntil int64
	// NeverStale: the origin forbids every stale answer (must-revalidate and
	// its like).
	NeverStale bool
}

// State is what may be done with an entry at an instant.
type State uint8

const (
	// Fresh: send it.
	Fresh State = iota
	// StaleUsable: send it and refresh it in the background.
	StaleUsable
	// MustValidate: ask the origin first. If no region answers,
	// UsableOnError says whether the entry may be sent all the same.
	MustValidate
)

// String returns the state as it stands in logs.
func (s State) String() string {
	return [...]string{"fresh", "stale-usable", "must-validate"}[s]
}

// State says what may be done with the entry at now (Unix nanoseconds).
func (l *Lifetime) State(now int64) State {
	switch {
	case now < l.FreshUntil:
		return Fresh
	case now < l.StaleUntil:
		return StaleUsable
	default:
		return MustValidate
	}
}

// StateFor is State under a request's own directives (RFC 9111 §5.2.1): a
// client may ask for something fresher, or put up with something staler where
// the origin allows that.
func (l *Lifetime) StateFor(now int64, d *Directives) State {
	age, left := now-l.Born, l.FreshUntil-now
	switch {
	case d.NoCache,
		d.MaxAge.Set && age > int64(d.MaxAge.Duration),
		d.MinFresh.Set && left < int64(d.MinFresh.Duration):
		return MustValidate
	case left <= 0 && d.MaxStale.Set && !l.NeverStale && (d.MaxStale.Any || -left <= int64(d.MaxStale.Duration)):
		return Fresh
	default:
		return l.State(now)
	}
}

// UsableOnError says whether the entry may be sent at now (Unix nanoseconds)
// when no region answers.
func (l *Lifetime) UsableOnError(now int64) bool {
	return now < l.StaleIfErrorUntil || now < l.StaleUntil
}

// Age is the current age at now in whole seconds (RFC 9111 §4.2.3, §5.1).
func (l *Lifetime) Age(now int64) int64 {
	return min(max(0, (now-l.Born)/int64(time.Second)), maxDelta)
}

// TTL is the remaining freshness at now in whole seconds, negative when stale
// (RFC 9211 §2.6).
func (l *Lifetime) TTL(now int64) int64 {
	return int64(math.Floor(float64(l.FreshUntil-now) / float64(time.Second)))
}

// NewLifetime computes the lifetime of a found or validated object. It is
// pure: the clock is in a's two times.
func NewLifetime(a Answer, p Policy) Lifetime {
	d := ParseDirectives(a.CacheControl...)
	if d.NoStore || d.Private || len(d.PrivateFields) > 0 {
		return Lifetime{}
	}
	born := a.AnswerTime.Add(-initialAge(a))
	l := Lifetime{Storable: true, Born: born.UnixNano()}
	fresh := freshness(d, a, p)
	l.FreshUntil = born.Add(fresh).UnixNano()

	swr, sie := p.StaleWhileRevalidate, p.StaleIfError
	if d.StaleWhileRevalidate.Set {
		swr = d.StaleWhileRevalidate.Duration
	}
	if d.StaleIfError.Set {
		sie = d.StaleIfError.Duration
	}
	// must-revalidate, proxy-revalidate, no-cache and s-maxage (which implies
	// proxy-revalidate) forbid every stale answer: RFC 9111 §4.2.4, §5.2.2.
	if d.MustRevalidate || d.ProxyRevalidate || d.SharedMaxAge.Set || d.NoCache || len(d.NoCacheFields) > 0 {
		swr, sie = 0, 0
		l.NeverStale = true
	}
	l.StaleUntil = l.FreshUntil + int64(swr)
	l.StaleIfErrorUntil = l.FreshUntil + int64(sie)
	return l
}

// NegativeLifetime is the lifetime of the authority's "not found" at now. It
// is never served stale.
func NegativeLifetime(now time.Time, p Policy) Lifetime {
	until := now.Add(p.NegativeTTL).UnixNano()
	return Lifetime{
		Storable: p.NegativeTTL > 0, Born: now.UnixNano(),
		FreshUntil: until, StaleUntil: until, StaleIfErrorUntil: until,
	}
}

// freshness is the freshness lifetime in RFC 9111 §4.2.1's order.
func freshness(d Directives, a Answer, p Policy) time.Duration {
	switch {
	case d.NoCache || len(d.NoCacheFields) > 0:
		return 0
	case d.SharedMaxAge.Set:
		return d.SharedMaxAge.Duration
	case d.MaxAge.Set:
		return d.MaxAge.Duration
	case len(a.Expires) > 0:
		return expiresIn(a)
	default:
		return p.DefaultTTL
	}
}

// expiresIn is Expires minus Date. More than one Expires, or one that is no
// date (such as "0"), means already expired (RFC 9111 §5.3).
func expiresIn(a Answer) time.Duration {
	expires, ok := ParseHTTPDate(a.Expires[0])
	if !ok {
		return 0
	}
	date, ok := dateOf(a)
	if !ok {
		date = a.AnswerTime
	}
	return max(0, expires.Sub(date))
}

// initialAge is corrected_initial_age of RFC 9111 §4.2.3.
func initialAge(a Answer) time.Duration {
	var apparent time.Duration
	if date, ok := dateOf(a); ok {
		apparent = max(0, a.AnswerTime.Sub(date))
		if apparent < time.Second {
			apparent = 0 // Date has whole seconds: less is rounding
		}
	}
	corrected := ageValue(a) + max(0, a.AnswerTime.Sub(a.RequestTime))
	return max(apparent, corrected)
}

func dateOf(a Answer) (time.Time, bool) {
	if len(a.Date) == 0 {
		return time.Time{}, false
	}
	return ParseHTTPDate(a.Date[0])
}

// ageValue reads Age; an invalid one is ignored, of a list the first member
// counts (RFC 9111 §5.1).
func ageValue(a Answer) time.Duration {
	if len(a.Age) == 0 {
		return 0
	}
	first, _, _ := bytes.Cut(a.Age[0], []byte(","))
	n, err := strconv.ParseUint(string(bytes.TrimSpace(first)), 10, 63)
	if err != nil && n == 0 {
		return 0
	}
	return time.Duration(min(n, maxDelta)) * time.Second
}

// ParseHTTPDate reads an HTTP-date in any of the three forms of RFC 9110
// §5.6.7. It reports false for anything else.
func ParseHTTPDate(v []byte) (time.Time, bool) {
	s := strings.TrimSpace(string(v))
	for _, layout := range [...]string{
		"Mon, 02 Jan 2006 15:04:05 GMT", time.RFC850, time.ANSIC,
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
