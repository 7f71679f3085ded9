package cache

import (
	"bytes"
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
		d.MaxAge.Set && (age > int64(d.MaxAge.Duration) || left <= 0 && !d.MaxStale.Set), // §5.2.1.1
		d.MinFresh.Set && left < int64(d.MinFresh.Duration):
		return MustValidate
	case l.State(now) == MustValidate && d.MaxStale.Set && !l.NeverStale && (d.MaxStale.Any || -left <= int64(d.MaxStale.Duration)):
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

// TTL is the remaining freshness at now in whole seconds, rounded down,
// negative when stale (RFC 9211 §2.6).
func (l *Lifetime) TTL(now int64) int64 {
	left := l.FreshUntil - now
	seconds := left / int64(time.Second)
	if left%int64(time.Second) < 0 {
		seconds--
	}
	return seconds
}

// NewLifetime computes the lifetime of a found or validated object. It is
// pure: the clock is in a's two times.
func NewLifetime(a Answer, p Policy) Lifetime {
	d := ParseDirectives(a.CacheControl...)
	if d.NoStore || d.Private || len(d.PrivateFields) > 0 {
		return Lifetime{}
	}
	born := a.AnswerTime.Add(-bounded(initialAge(a)))
	l := Lifetime{Storable: true, Born: born.UnixNano()}
	l.FreshUntil = born.Add(bounded(freshness(d, a, p))).UnixNano()

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
	l.StaleUntil = l.FreshUntil + int64(bounded(swr))
	l.StaleIfErrorUntil = l.FreshUntil + int64(bounded(sie))
	return l
}

// bounded keeps d between 0 and the largest number of seconds that counts
// (RFC 9111 §1.2.2). Dates can lie so far apart ("Expires: … 9999 …" is
// common) that Unix nanoseconds would overflow.
func bounded(d time.Duration) time.Duration {
	return min(max(0, d), maxDelta*time.Second)
}

// NegativeLifetime is the lifetime of the authority's "not found" at now. It
// is never served stale.
func NegativeLifetime(now time.Time, p Policy) Lifetime {
	until := now.Add(p.NegativeTTL).UnixNano()
	return Lifetime{
		Storable: p.NegativeTTL > 0, NeverStale: true, Born: now.UnixNano(),
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

// expiresIn is Expires minus Date, or minus the time of the answer where there
// is no valid Date. An Expires that is no date (such as "0") means already
// expired (RFC 9111 §5.3); of several the first counts (§4.2.1).
func expiresIn(a Answer) time.Duration {
	expires, ok := ParseHTTPDate(a.Expires[0])
	if !ok {
		return 0
	}
	date, ok := dateOf(a)
	if !ok {
		date = a.AnswerTime
	}
	return expires.Sub(date)
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
// §5.6.7, in any case and always as GMT (RFC 9111 §4.2). It reports false for
// anything else. The weekday may be wrong. A year of two digits is one of 1969
// to 2068.
func ParseHTTPDate(v []byte) (time.Time, bool) {
	s := strings.Trim(string(v), " \t")
	if zone := len(s) - len("GMT"); zone > 0 && strings.EqualFold(s[zone:], "GMT") {
		s = s[:zone] + "GMT"
	}
	for _, layout := range [...]string{
		"Mon, 02 Jan 2006 15:04:05 GMT", "Monday, 02-Jan-06 15:04:05 GMT", time.ANSIC,
	} {
		t, err := time.Parse(layout, s)
		// Parse also takes more spaces, fewer digits and fractions.
		if err == nil && strings.EqualFold(afterWeekday(s), afterWeekday(t.Format(layout))) {
			return t, true
		}
	}
	return time.Time{}, false
}

func afterWeekday(s string) string { return s[max(0, strings.IndexByte(s, ' ')):] }
