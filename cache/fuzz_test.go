package cache

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func FuzzParseDirectives(f *testing.F) {
	for _, seed := range []string{
		"", "no-store", "max-age=60, stale-while-revalidate=5", `no-cache="a, b", private=c`, `ext="a\", no-store", max-age=5`,
		`max-age="60, private`, "max-age =1, s-maxage= 2", "max-age=99999999999999999999", ",,=,=\",", "max-stale", "MAX-AGE=1,max-age=2",
	} {
		f.Add([]byte(seed), []byte("public"))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		was := bytes.Clone(first)
		d := ParseDirectives(first, second)
		if !bytes.Equal(first, was) {
			t.Fatal("the header was changed")
		}
		for _, delta := range []Delta{d.MaxAge, d.SharedMaxAge, d.StaleWhileRevalidate, d.StaleIfError, d.MinFresh, d.MaxStale} {
			switch {
			case delta.Duration < 0 || delta.Duration > maxDelta*time.Second || delta.Duration%time.Second != 0:
				t.Fatalf("%q: %v", first, delta.Duration)
			case !delta.Set && delta != Delta{}, delta.Any && delta.Duration != 0:
				t.Fatalf("%q: %+v", first, delta)
			}
		}
		if d.NoCache && len(d.NoCacheFields) > 0 || d.Private && len(d.PrivateFields) > 0 {
			t.Fatalf("%q is qualified and is not", first)
		}
		for _, name := range slices.Concat(d.NoCacheFields, d.PrivateFields) {
			if name == "" || name != strings.TrimSpace(strings.ToLower(name)) {
				t.Fatalf("%q names the field %q", first, name)
			}
		}
		// Nothing before or behind it, on its line or another, hides a prohibition.
		if !ParseDirectives([]byte("no-store,"+string(first)), second).NoStore || !ParseDirectives(first, []byte("no-store")).NoStore ||
			!ParseDirectives([]byte(string(first)+",no-store")).NoStore {
			t.Fatalf("%q hides no-store", first)
		}
		// One list, however it is spread over lines (RFC 9110 §5.3), unless a
		// line breaks off in a quoted string.
		if unclosed(first) == 0 {
			joined := slices.Concat(first, []byte(","), second)
			if whole := ParseDirectives(joined); !reflect.DeepEqual(whole, d) {
				t.Fatalf("%q, %q: %+v, joined %+v", first, second, d, whole)
			}
		}
	})
}

func FuzzParseHTTPDate(f *testing.F) {
	for _, seed := range []string{
		"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "sun, 06 nov 1994 08:49:37 gmt",
		"", "0", "GMT", "Sun, 06  Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 EST", "Sun, 29 Feb 2100 00:00:00 GMT",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		date, ok := ParseHTTPDate(value)
		if !ok {
			if !date.IsZero() {
				t.Fatalf("%q is no date, yet %v", value, date)
			}
			return
		}
		if date.Location() != time.UTC || date.Nanosecond() != 0 || date.Year() < 0 || date.Year() > 9999 {
			t.Fatalf("%q: %v", value, date)
		}
		again, ok := ParseHTTPDate([]byte(date.Format(imf)))
		if !ok || !again.Equal(date) {
			t.Fatalf("%q is %v, and that is %v", value, date, again)
		}
	})
}

func FuzzLifetime(f *testing.F) {
	const now = int64(1_795_348_800)
	f.Add("max-age=60, stale-while-revalidate=5", "Sun, 06 Nov 2044 08:49:37 GMT", httpDate(0), "5", int64(0), int64(time.Hour), now)
	f.Add("no-cache", "0", "foo", "abc", int64(time.Second), int64(-1), now)
	f.Add("s-maxage=2147483648", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "99999999999999999999", int64(-5), int64(1)<<62, now)
	f.Add(`private="x"`, "", "", "", int64(0), int64(0), int64(0))
	f.Add("", "Fri, 31 Dec 9999 23:59:59 GMT", "", "", int64(0), int64(0), now)
	f.Fuzz(func(t *testing.T, control, expires, date, age string, delay, policy, unix int64) {
		unix %= 1 << 32 // a clock between 1834 and 2106
		a := Answer{CacheControl: lines(control), AnswerTime: time.Unix(unix, 0)}
		a.RequestTime = a.AnswerTime.Add(-time.Duration(delay))
		for _, field := range []struct {
			value string
			to    *[][]byte
		}{{expires, &a.Expires}, {date, &a.Date}, {age, &a.Age}} {
			if field.value != "" {
				*field.to = lines(field.value)
			}
		}
		p := Policy{
			DefaultTTL: time.Duration(policy), StaleWhileRevalidate: time.Duration(policy) / 2,
			StaleIfError: time.Duration(policy), NegativeTTL: time.Duration(policy),
		}
		l := NewLifetime(a, p)
		if l != NewLifetime(a, p) {
			t.Fatal("not pure")
		}
		if !l.Storable {
			if l != (Lifetime{}) {
				t.Fatalf("not storable, yet %+v", l)
			}
			return
		}
		checkOrder(t, &l, a.AnswerTime.UnixNano())
		d := ParseDirectives(a.CacheControl...)
		if (d.NoCache || len(d.NoCacheFields) > 0) && l.State(a.AnswerTime.UnixNano()) != MustValidate {
			t.Fatalf("%q is served without validation", control)
		}
	})
}

// checkOrder checks what holds for every lifetime, at its answer and at each of
// its boundaries.
func checkOrder(t *testing.T, l *Lifetime, answered int64) {
	t.Helper()
	if l.Born > answered || l.FreshUntil < l.Born || l.StaleUntil < l.FreshUntil || l.StaleIfErrorUntil < l.FreshUntil {
		t.Fatalf("out of order: %+v at %d", l, answered)
	}
	if l.NeverStale && (l.StaleUntil != l.FreshUntil || l.StaleIfErrorUntil != l.FreshUntil) {
		t.Fatalf("never stale, yet %+v", l)
	}
	anything := ParseDirectives([]byte("max-stale"))
	for _, at := range []int64{answered, l.Born, l.FreshUntil - 1, l.FreshUntil, l.StaleUntil - 1, l.StaleUntil, l.StaleIfErrorUntil, answered + int64(100*365*24*time.Hour)} {
		state := l.State(at)
		switch {
		case (state == Fresh) != (at < l.FreshUntil), (state == MustValidate) != (at >= l.StaleUntil):
			t.Fatalf("%+v is %v at %d", l, state, at)
		case state != MustValidate && !l.UsableOnError(at):
			t.Fatalf("%+v is %v at %d, but not when no region answers", l, state, at)
		case l.NeverStale && state != Fresh && l.StateFor(at, &anything) != MustValidate:
			t.Fatalf("%+v is given to a client at %d", l, at)
		case l.Age(at) < 0 || l.Age(at) > maxDelta:
			t.Fatalf("%+v has age %d at %d", l, l.Age(at), at)
		case (l.TTL(at) >= 0) != (at <= l.FreshUntil):
			t.Fatalf("%+v has ttl %d at %d", l, l.TTL(at), at)
		}
	}
}
