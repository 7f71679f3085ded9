package cache

import (
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answered is when the answers of these tests came.
var answered = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const imf = "Mon, 02 Jan 2006 15:04:05 GMT"

// httpDate is answered plus d as an HTTP-date.
func httpDate(d time.Duration) string { return answered.Add(d).Format(imf) }

// answer makes an Answer of header fields, given as name and value in turn,
// asked and answered at once unless delay says otherwise.
func answer(fields ...string) Answer {
	a := Answer{RequestTime: answered, AnswerTime: answered}
	for pair := range slices.Chunk(fields, 2) {
		line := []byte(pair[1])
		switch pair[0] {
		case "Cache-Control":
			a.CacheControl = append(a.CacheControl, line)
		case "Expires":
			a.Expires = append(a.Expires, line)
		case "Date":
			a.Date = append(a.Date, line)
		case "Age":
			a.Age = append(a.Age, line)
		default:
			panic(pair[0])
		}
	}
	return a
}

// left is the freshness that l has at its answer.
func left(l Lifetime) time.Duration { return time.Duration(l.FreshUntil - answered.UnixNano()) }

func TestFreshness(t *testing.T) {
	const policy = 600 * time.Second
	day := 24 * time.Hour
	for _, c := range []struct {
		name   string
		fields []string
		want   time.Duration
	}{
		{"nothing said: the default", nil, policy},
		{"unrelated directives: the default", []string{"Cache-Control", "public, immutable"}, policy},
		{"max-age before the default", []string{"Cache-Control", "max-age=60"}, 60 * time.Second},
		{"max-age=0 before the default", []string{"Cache-Control", "max-age=0"}, 0},
		{"s-maxage before a longer max-age", []string{"Cache-Control", "max-age=3600, s-maxage=1"}, time.Second},
		{"s-maxage before a shorter max-age", []string{"Cache-Control", "s-maxage=3600, max-age=1"}, time.Hour},
		{"s-maxage on a line of its own", []string{"Cache-Control", "max-age=3600", "Cache-Control", "s-maxage=1"}, time.Second},
		{"an invalid s-maxage does not fall back", []string{"Cache-Control", "s-maxage=x, max-age=3600"}, 0},
		{"an invalid max-age does not fall back", []string{"Cache-Control", "max-age=x", "Expires", httpDate(time.Hour)}, 0},
		{"max-age before a past Expires", []string{"Cache-Control", "max-age=3600", "Expires", httpDate(-time.Hour), "Date", httpDate(0)}, time.Hour},
		{"max-age before an invalid Expires", []string{"Cache-Control", "max-age=3600", "Expires", "0", "Date", httpDate(0)}, time.Hour},
		{"max-age=0 before a future Expires", []string{"Cache-Control", "max-age=0", "Expires", httpDate(time.Hour), "Date", httpDate(0)}, 0},
		{"no-cache before everything", []string{"Cache-Control", "max-age=3600, s-maxage=3600, no-cache", "Expires", httpDate(time.Hour)}, 0},
		{"qualified no-cache too", []string{"Cache-Control", `no-cache="set-cookie", max-age=3600`}, 0},
		{"the largest max-age", []string{"Cache-Control", "max-age=99999999999"}, maxDelta * time.Second},

		{"Expires before the default", []string{"Expires", httpDate(30 * day), "Date", httpDate(0)}, 30 * day},
		{"Expires in the past", []string{"Expires", httpDate(-30 * day), "Date", httpDate(0)}, 0},
		{"Expires at Date", []string{"Expires", httpDate(0), "Date", httpDate(0)}, 0},
		{"Expires before Date, both ahead", []string{"Expires", httpDate(300 * time.Second), "Date", httpDate(400 * time.Second)}, 0},
		{"Expires counts from Date, a slow clock", []string{"Expires", httpDate(-time.Hour + 10*time.Second), "Date", httpDate(-time.Hour)}, 10*time.Second - time.Hour},
		{"Expires counts from Date, a fast clock", []string{"Expires", httpDate(time.Hour + 10*time.Second), "Date", httpDate(time.Hour)}, 10 * time.Second},
		{"Expires without Date counts from the answer", []string{"Expires", httpDate(10 * time.Second)}, 10 * time.Second},
		{"Expires with an invalid Date counts from the answer", []string{"Expires", httpDate(10 * time.Second), "Date", "foo"}, 10 * time.Second},
		{"Expires in RFC 850's form", []string{"Expires", answered.Add(time.Hour).Format("Monday, 02-Jan-06 15:04:05 GMT"), "Date", httpDate(0)}, time.Hour},
		{"Expires in asctime's form", []string{"Expires", answered.Add(time.Hour).Format(time.ANSIC), "Date", httpDate(0)}, time.Hour},
		{"the first of several Expires", []string{"Expires", httpDate(time.Minute), "Expires", httpDate(time.Hour), "Date", httpDate(0)}, time.Minute},
		{"the first of several Expires, an invalid one", []string{"Expires", "0", "Expires", httpDate(time.Hour), "Date", httpDate(0)}, 0},
		{`Expires "0"`, []string{"Expires", "0", "Date", httpDate(0)}, 0},
		{`Expires "-1"`, []string{"Expires", "-1", "Date", httpDate(0)}, 0},
		{"an empty Expires", []string{"Expires", "", "Date", httpDate(0)}, 0},
		{"Expires at the end of time", []string{"Expires", "Fri, 31 Dec 9999 23:59:59 GMT", "Date", httpDate(0)}, maxDelta * time.Second},
		{"Expires at the beginning of time", []string{"Expires", "Mon, 01 Jan 0001 00:00:00 GMT", "Date", httpDate(0)}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := NewLifetime(answer(c.fields...), Policy{DefaultTTL: policy})
			assert.True(t, l.Storable)
			assert.Equal(t, c.want, left(l))
		})
	}
}

func TestStorable(t *testing.T) {
	for _, c := range []struct {
		control  string
		storable bool
	}{
		{"", true},
		{"max-age=0", true},
		{"no-cache", true},
		{`no-cache="set-cookie"`, true},
		{"must-revalidate", true},
		{"public", true},
		{"x-no-store", true},
		{`ext="no-store"`, true},
		{"no-store", false},
		{"max-age=3600, no-store", false},
		{"public, No-Store", false},
		{"must-understand, no-store, max-age=60", false}, // may be kept; we do not
		{"private", false},
		{"private, max-age=3600", false},
		{`private="set-cookie", max-age=3600`, false},
		{"private=set-cookie", false},
	} {
		t.Run(c.control, func(t *testing.T) {
			policy := Policy{DefaultTTL: time.Hour, StaleWhileRevalidate: time.Hour, StaleIfError: time.Hour}
			l := NewLifetime(answer("Cache-Control", c.control, "Expires", httpDate(time.Hour)), policy)
			assert.Equal(t, c.storable, l.Storable)
			if !c.storable {
				assert.Equal(t, Lifetime{}, l)
				now := answered.UnixNano()
				assert.Equal(t, MustValidate, l.State(now))
				assert.False(t, l.UsableOnError(now))
			}
		})
	}
}

func TestStaleWindows(t *testing.T) {
	policy := Policy{DefaultTTL: time.Minute, StaleWhileRevalidate: time.Hour, StaleIfError: 2 * time.Hour}
	for _, c := range []struct {
		control  string
		swr, sie time.Duration
		never    bool
	}{
		{"", time.Hour, 2 * time.Hour, false},
		{"max-age=60", time.Hour, 2 * time.Hour, false},
		{"max-age=60, stale-while-revalidate=5", 5 * time.Second, 2 * time.Hour, false},
		{"max-age=60, stale-if-error=5", time.Hour, 5 * time.Second, false},
		{"max-age=60, stale-while-revalidate=0, stale-if-error=0", 0, 0, false},
		{"max-age=60, stale-while-revalidate, stale-if-error", 0, 0, false},
		{"max-age=60, stale-while-revalidate=-1, stale-if-error=x", 0, 0, false},
		{"max-age=60, stale-while-revalidate=99999999999, stale-if-error=99999999999", maxDelta * time.Second, maxDelta * time.Second, false},
		{"max-age=60, must-revalidate", 0, 0, true},
		{"max-age=60, proxy-revalidate", 0, 0, true},
		{"s-maxage=60", 0, 0, true},
		{"s-maxage=nonsense", 0, 0, true},
		{"no-cache", 0, 0, true},
		{`no-cache="x"`, 0, 0, true},
		{"max-age=60, must-revalidate, stale-while-revalidate=5, stale-if-error=5", 0, 0, true},
		{"s-maxage=60, stale-while-revalidate=5, stale-if-error=5", 0, 0, true},
		{"stale-if-error=5, proxy-revalidate", 0, 0, true},
	} {
		t.Run(c.control, func(t *testing.T) {
			l := NewLifetime(answer("Cache-Control", c.control), policy)
			assert.Equal(t, c.swr, time.Duration(l.StaleUntil-l.FreshUntil), "stale-while-revalidate")
			assert.Equal(t, c.sie, time.Duration(l.StaleIfErrorUntil-l.FreshUntil), "stale-if-error")
			assert.Equal(t, c.never, l.NeverStale)
			assert.Equal(t, c.sie > 0, l.UsableOnError(l.FreshUntil))
		})
	}
}

func TestPoliciesThatMakeNoSense(t *testing.T) {
	for _, d := range []time.Duration{-1, -time.Hour, math.MinInt64, math.MaxInt64} {
		l := NewLifetime(answer(), Policy{DefaultTTL: d, StaleWhileRevalidate: d, StaleIfError: d})
		assert.GreaterOrEqual(t, l.FreshUntil, l.Born, d)
		assert.GreaterOrEqual(t, l.StaleUntil, l.FreshUntil, d)
		assert.GreaterOrEqual(t, l.StaleIfErrorUntil, l.FreshUntil, d)
		assert.Equal(t, d > 0, l.State(answered.UnixNano()) == Fresh, d)
	}
}

func TestInitialAge(t *testing.T) {
	for _, c := range []struct {
		name   string
		fields []string
		delay  time.Duration // from the request to the answer
		want   time.Duration
	}{
		{"nothing said", nil, 0, 0},
		{"the delay counts", nil, 1500 * time.Millisecond, 1500 * time.Millisecond},
		{"a clock that was set back", nil, -time.Hour, 0},
		{"Age", []string{"Age", "30"}, 0, 30 * time.Second},
		{"Age and delay", []string{"Age", "30"}, time.Second, 31 * time.Second},
		{"Age with spaces", []string{"Age", " 30 "}, 0, 30 * time.Second},
		{"Age in a list: the first", []string{"Age", "7200, 0"}, 0, 2 * time.Hour},
		{"Age in a list: the first, zero", []string{"Age", "0,7200"}, 0, 0},
		{"Age on two lines: the first", []string{"Age", "7200", "Age", "0"}, 0, 2 * time.Hour},
		{"Age on two lines: the first, zero", []string{"Age", "0", "Age", "7200"}, 0, 0},
		{"Age, first of the list invalid", []string{"Age", "x, 7200"}, 0, 0},
		{"Age, no number", []string{"Age", "abc"}, 0, 0},
		{"Age, empty", []string{"Age", ""}, 0, 0},
		{"Age, negative", []string{"Age", "-7200"}, 0, 0},
		{"Age, signed", []string{"Age", "+7200"}, 0, 0},
		{"Age, decimal", []string{"Age", "7200.0"}, 0, 0},
		{"Age with a parameter", []string{"Age", "7200;foo=bar"}, 0, 0},
		{"Age, invalid: the delay stays", []string{"Age", "abc"}, time.Second, time.Second},
		{"Age, 31 bits", []string{"Age", "2147483647"}, 0, maxDelta * time.Second},
		{"Age, 32 bits", []string{"Age", "2147483648"}, 0, maxDelta * time.Second},
		{"Age, above 64 bits", []string{"Age", "99999999999999999999999"}, 0, maxDelta * time.Second},
		{"Age at its largest and a delay", []string{"Age", "2147483647"}, time.Hour, maxDelta * time.Second},
		{"Date in the past", []string{"Date", httpDate(-time.Minute)}, 0, time.Minute},
		{"Date ahead", []string{"Date", httpDate(time.Minute)}, 0, 0},
		{"Date invalid", []string{"Date", "foo"}, time.Second, time.Second},
		{"Date older than Age", []string{"Date", httpDate(-time.Minute), "Age", "10"}, time.Second, time.Minute},
		{"Date younger than Age", []string{"Date", httpDate(-5 * time.Second), "Age", "10"}, time.Second, 11 * time.Second},
		{"Date at the beginning of time", []string{"Date", "Mon, 01 Jan 0001 00:00:00 GMT"}, 0, maxDelta * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := answer(c.fields...)
			a.RequestTime = a.AnswerTime.Add(-c.delay)
			l := NewLifetime(a, Policy{DefaultTTL: time.Hour})
			assert.Equal(t, c.want, time.Duration(answered.UnixNano()-l.Born))
			assert.Equal(t, l.Born+int64(time.Hour), l.FreshUntil, "freshness begins at birth")
			assert.Equal(t, int64(c.want/time.Second), l.Age(answered.UnixNano()))
			later := answered.Add(100 * 365 * 24 * time.Hour).UnixNano()
			assert.GreaterOrEqual(t, l.Age(later), l.Age(answered.UnixNano()), "age never overflows")
		})
	}
}

// TestRoundedDate: Date has whole seconds, so the answer is up to a second
// later than Date without being old.
func TestRoundedDate(t *testing.T) {
	a := answer("Date", httpDate(0), "Cache-Control", "max-age=1")
	a.AnswerTime = a.AnswerTime.Add(999 * time.Millisecond)
	a.RequestTime = a.AnswerTime
	l := NewLifetime(a, Policy{})
	assert.Equal(t, Fresh, l.State(a.AnswerTime.UnixNano()))
	assert.Equal(t, a.AnswerTime.UnixNano(), l.Born)
}

func TestAgeAgainstFreshness(t *testing.T) {
	for _, c := range []struct {
		name   string
		fields []string
		want   State
	}{
		{"Age above max-age", []string{"Cache-Control", "max-age=10", "Age", "15", "Date", httpDate(0)}, MustValidate},
		{"Age at max-age", []string{"Cache-Control", "max-age=10", "Age", "10", "Date", httpDate(0)}, MustValidate},
		{"Age below max-age", []string{"Cache-Control", "max-age=10", "Age", "9", "Date", httpDate(0)}, Fresh},
		{"Age above Expires minus Date, a slow clock", []string{"Date", httpDate(-10 * time.Second), "Expires", httpDate(10 * time.Second), "Age", "25"}, MustValidate},
		{"Age above Expires minus Date, a fast clock", []string{"Date", httpDate(10 * time.Second), "Expires", httpDate(20 * time.Second), "Age", "15"}, MustValidate},
		{"largest Age, largest max-age", []string{"Cache-Control", "max-age=2147483648", "Age", "2147483648"}, MustValidate},
		{"no-cache, however young", []string{"Cache-Control", "no-cache, max-age=10"}, MustValidate},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := NewLifetime(answer(c.fields...), Policy{})
			assert.Equal(t, c.want, l.State(answered.UnixNano()))
		})
	}
}

func TestStateAtItsBoundaries(t *testing.T) {
	l := Lifetime{Storable: true, Born: 0, FreshUntil: 100, StaleUntil: 200, StaleIfErrorUntil: 300}
	for _, c := range []struct {
		now     int64
		want    State
		onError bool
	}{
		{math.MinInt64 / 2, Fresh, true},
		{0, Fresh, true},
		{99, Fresh, true},
		{100, StaleUsable, true}, // fresh while the lifetime is greater than the age (RFC 9111 §4.2)
		{199, StaleUsable, true},
		{200, MustValidate, true},
		{299, MustValidate, true},
		{300, MustValidate, false},
		{math.MaxInt64, MustValidate, false},
	} {
		assert.Equal(t, c.want, l.State(c.now), c.now)
		assert.Equal(t, c.onError, l.UsableOnError(c.now), c.now)
	}
	short := Lifetime{FreshUntil: 100, StaleUntil: 200, StaleIfErrorUntil: 100}
	assert.True(t, short.UsableOnError(150), "what may be served while the origin answers may be when it does not")
	for s, want := range map[State]string{Fresh: "fresh", StaleUsable: "stale-usable", MustValidate: "must-validate"} {
		assert.Equal(t, want, s.String())
	}
}

// TestTimePasses goes through an entry's life on a clock.
func TestTimePasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		l := NewLifetime(Answer{
			CacheControl: lines("max-age=60, stale-while-revalidate=30, stale-if-error=120"),
			Age:          lines("10"), RequestTime: now, AnswerTime: now,
		}, Policy{})
		for _, c := range []struct {
			after    time.Duration // since the step before
			age, ttl int64
			want     State
			onError  bool
		}{
			{0, 10, 50, Fresh, true},
			{50*time.Second - 1, 59, 0, Fresh, true},
			{1, 60, 0, StaleUsable, true},
			{1, 60, -1, StaleUsable, true},
			{30*time.Second - 2, 89, -30, StaleUsable, true},
			{1, 90, -30, MustValidate, true},
			{90*time.Second - 1, 179, -120, MustValidate, true},
			{1, 180, -120, MustValidate, false},
		} {
			<-time.After(c.after) // the bubble's clock
			at := time.Now().UnixNano()
			assert.Equal(t, c.age, l.Age(at), "age")
			assert.Equal(t, c.ttl, l.TTL(at), "ttl")
			assert.Equal(t, c.want, l.State(at))
			assert.Equal(t, c.onError, l.UsableOnError(at))
		}
	})
}

func TestAgeAndTTL(t *testing.T) {
	const s = int64(time.Second)
	for _, c := range []struct {
		name                  string
		born, freshUntil, now int64
		age, ttl              int64
	}{
		{"at birth", 0, 10 * s, 0, 0, 10},
		{"below a second", 0, 10 * s, s - 1, 0, 9},
		{"a second", 0, 10 * s, s, 1, 9},
		{"the last nanosecond", 0, 10 * s, 10*s - 1, 9, 0},
		{"the end", 0, 10 * s, 10 * s, 10, 0},
		{"a nanosecond stale", 0, 10 * s, 10*s + 1, 10, -1},
		{"a second stale", 0, 10 * s, 11 * s, 11, -1},
		{"more than a second stale", 0, 10 * s, 11*s + 1, 11, -2},
		{"before birth", 10 * s, 20 * s, 0, 0, 20},
		{"a year less a nanosecond", 0, 31_536_000 * s, 1, 0, 31_535_999},
		{"older than can be said", 0, s, 3_000_000_000 * s, maxDelta, -2_999_999_999},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := Lifetime{Born: c.born, FreshUntil: c.freshUntil}
			assert.Equal(t, c.age, l.Age(c.now))
			assert.Equal(t, c.ttl, l.TTL(c.now))
		})
	}
}

func TestNegativeLifetime(t *testing.T) {
	now := answered
	l := NegativeLifetime(now, Policy{NegativeTTL: 5 * time.Second, StaleWhileRevalidate: time.Hour, StaleIfError: time.Hour})
	require.True(t, l.Storable)
	assert.Equal(t, Fresh, l.State(now.UnixNano()))
	end := now.Add(5 * time.Second).UnixNano()
	assert.Equal(t, Fresh, l.State(end-1))
	assert.Equal(t, MustValidate, l.State(end), "never served stale")
	assert.False(t, l.UsableOnError(end))
	anything := ParseDirectives([]byte("max-stale"))
	assert.Equal(t, MustValidate, l.StateFor(end, &anything), "not even to a client that accepts it")

	for _, ttl := range []time.Duration{0, -time.Second} {
		none := NegativeLifetime(now, Policy{DefaultTTL: time.Hour, NegativeTTL: ttl})
		assert.False(t, none.Storable)
		assert.Equal(t, MustValidate, none.State(now.UnixNano()))
	}
}

func TestStateForARequest(t *testing.T) {
	const s = int64(time.Second)
	usual := Lifetime{Storable: true, FreshUntil: 100 * s, StaleUntil: 150 * s, StaleIfErrorUntil: 150 * s}
	strict := Lifetime{Storable: true, FreshUntil: 100 * s, StaleUntil: 100 * s, StaleIfErrorUntil: 100 * s, NeverStale: true}
	for _, c := range []struct {
		name, control string
		lifetime      Lifetime
		now           int64
		want          State
	}{
		{"nothing asked, fresh", "", usual, 99 * s, Fresh},
		{"nothing asked, stale", "", usual, 100 * s, StaleUsable},
		{"nothing asked, too stale", "", usual, 150 * s, MustValidate},
		{"no-cache", "no-cache", usual, 0, MustValidate},
		{"no-cache and max-stale", "no-cache, max-stale", usual, 0, MustValidate},
		{"no-store is about this exchange only", "no-store", usual, 10 * s, Fresh},
		{"max-age at the age", "max-age=50", usual, 50 * s, Fresh},
		{"max-age below the age", "max-age=50", usual, 50*s + 1, MustValidate},
		{"max-age=0", "max-age=0", usual, 1, MustValidate},
		{"max-age with nonsense is 0", "max-age=x", usual, s, MustValidate},
		{"max-age, stale: nothing stale is wished for", "max-age=1000", usual, 120 * s, MustValidate},
		{"max-age and max-stale, stale", "max-age=1000, max-stale", usual, 160 * s, Fresh},
		{"min-fresh below what is left", "min-fresh=10", usual, 90 * s, Fresh},
		{"min-fresh above what is left", "min-fresh=10", usual, 90*s + 1, MustValidate},
		{"min-fresh=0, stale", "min-fresh=0", usual, 120 * s, MustValidate},
		{"max-stale, any", "max-stale", usual, 1000 * s, Fresh},
		{"max-stale, enough", "max-stale=100", usual, 200 * s, Fresh},
		{"max-stale, not enough", "max-stale=100", usual, 200*s + 1, MustValidate},
		{"max-stale does not spoil what is fresh", "max-stale=0", usual, 10 * s, Fresh},
		{"max-stale against must-revalidate", "max-stale", strict, 100 * s, MustValidate},
		{"max-stale against must-revalidate, fresh", "max-stale", strict, 99 * s, Fresh},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := ParseDirectives([]byte(c.control))
			assert.Equal(t, c.want, c.lifetime.StateFor(c.now, &d))
		})
	}
}

func TestParseHTTPDate(t *testing.T) {
	want := time.Date(1994, 11, 6, 8, 49, 37, 0, time.UTC)
	for _, c := range []struct {
		name, value string
		valid       bool
	}{
		{"IMF-fixdate", "Sun, 06 Nov 1994 08:49:37 GMT", true},
		{"RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", true},
		{"asctime", "Sun Nov  6 08:49:37 1994", true},
		{"spaces around", " \tSun, 06 Nov 1994 08:49:37 GMT ", true},
		{"weekday in capitals", "SUN, 06 Nov 1994 08:49:37 GMT", true},
		{"month in capitals", "Sun, 06 NOV 1994 08:49:37 GMT", true},
		{"zone in small letters", "Sun, 06 Nov 1994 08:49:37 gmt", true},
		{"RFC 850 in small letters", "sunday, 06-nov-94 08:49:37 gmt", true},
		{"the wrong weekday", "Mon, 06 Nov 1994 08:49:37 GMT", true},

		{"empty", "", false},
		{"zero", "0", false},
		{"only the zone", "GMT", false},
		{"seconds since 1970", "784111777", false},
		{"no zone", "Sun, 06 Nov 1994 08:49:37", false},
		{"UTC", "Sun, 06 Nov 1994 08:49:37 UTC", false},
		{"an offset", "Sun, 06 Nov 1994 08:49:37 +0000", false},
		{"another zone", "Sun, 06 Nov 1994 08:49:37 EST", false},
		{"RFC 850 in another zone", "Sunday, 06-Nov-94 08:49:37 EST", false},
		{"RFC 850 with an offset", "Sunday, 06-Nov-94 08:49:37 GMT+3", false},
		{"RFC 850 with four digits", "Sunday, 06-Nov-1994 08:49:37 GMT", false},
		{"asctime with a zone", "Sun Nov  6 08:49:37 1994 GMT", false},
		{"asctime with one space", "Sun Nov 6 08:49:37 1994", false},
		{"asctime with a zero", "Sun Nov 06 08:49:37 1994", false},
		{"two-digit year", "Sun, 06 Nov 94 08:49:37 GMT", false},
		{"no comma", "Sun 06 Nov 1994 08:49:37 GMT", false},
		{"several spaces", "Sun, 06  Nov  1994 08:49:37 GMT", false},
		{"dashes", "Sun, 06-Nov-1994 08:49:37 GMT", false},
		{"periods", "Sun, 06 Nov 1994 08.49.37 GMT", false},
		{"one-digit hour", "Sun, 06 Nov 1994 8:49:37 GMT", false},
		{"one-digit day", "Sun, 6 Nov 1994 08:49:37 GMT", false},
		{"fraction", "Sun, 06 Nov 1994 08:49:37.5 GMT", false},
		{"text behind", "Sun, 06 Nov 1994 08:49:37 GMT x", false},
		{"two dates", "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", false},
		{"no such weekday", "Sux, 06 Nov 1994 08:49:37 GMT", false},
		{"no such day", "Sun, 31 Nov 1994 08:49:37 GMT", false},
		{"no such hour", "Sun, 06 Nov 1994 24:49:37 GMT", false},
		{"ISO 8601", "1994-11-06T08:49:37Z", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := ParseHTTPDate([]byte(c.value))
			assert.Equal(t, c.valid, ok)
			if c.valid {
				assert.Equal(t, want, got)
			} else {
				assert.Zero(t, got)
			}
		})
	}
}

func TestLocalTimeHasNoSayInDates(t *testing.T) {
	was := time.Local
	defer func() { time.Local = was }()
	time.Local = time.FixedZone("EST", -5*3600)
	_, ok := ParseHTTPDate([]byte("Sunday, 06-Nov-94 08:49:37 EST"))
	assert.False(t, ok)
	got, ok := ParseHTTPDate([]byte("Sunday, 06-Nov-94 08:49:37 GMT"))
	assert.True(t, ok)
	assert.Equal(t, int64(784111777), got.Unix())
}

func BenchmarkNewLifetime(b *testing.B) {
	for _, c := range []struct {
		name   string
		fields []string
	}{
		{"default", []string{"Date", httpDate(0)}},
		{"max-age", []string{"Date", httpDate(0), "Cache-Control", "public, max-age=86400"}},
		{"expires", []string{"Date", httpDate(0), "Expires", httpDate(time.Hour)}},
	} {
		b.Run(c.name, func(b *testing.B) {
			a := answer(c.fields...)
			b.ReportAllocs()
			for b.Loop() {
				NewLifetime(a, Policy{DefaultTTL: time.Minute})
			}
		})
	}
}
