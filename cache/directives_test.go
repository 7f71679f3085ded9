package cache

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// lines makes field lines of strings.
func lines(values ...string) [][]byte {
	var out [][]byte
	for _, v := range values {
		out = append(out, []byte(v))
	}
	return out
}

func seconds(n int64) Delta { return Delta{Set: true, Duration: time.Duration(n) * time.Second} }

func TestParseDirectives(t *testing.T) {
	invalid := Delta{Set: true}
	for _, c := range []struct {
		name   string
		values []string
		want   Directives
	}{
		{"nothing", nil, Directives{}},
		{"empty line", []string{""}, Directives{}},
		{"commas only", []string{" ,, ,\t,"}, Directives{}},
		{"every flag", []string{"no-store, private, no-cache, public, must-revalidate, proxy-revalidate, must-understand, only-if-cached"}, Directives{
			NoStore: true, Private: true, NoCache: true, Public: true,
			MustRevalidate: true, ProxyRevalidate: true, MustUnderstand: true, OnlyIfCached: true,
		}},
		{"every number", []string{"max-age=1,s-maxage=2,stale-while-revalidate=3,stale-if-error=4,min-fresh=5,max-stale=6"}, Directives{
			MaxAge: seconds(1), SharedMaxAge: seconds(2), StaleWhileRevalidate: seconds(3),
			StaleIfError: seconds(4), MinFresh: seconds(5), MaxStale: seconds(6),
		}},
		{"any case", []string{"No-StOrE, MaX-aGe=3600"}, Directives{NoStore: true, MaxAge: seconds(3600)}},
		{"spaces and tabs around members", []string{"  no-store \t,\t max-age=5  "}, Directives{NoStore: true, MaxAge: seconds(5)}},
		{"empty members", []string{",no-store,,max-age=5,"}, Directives{NoStore: true, MaxAge: seconds(5)}},
		{"several lines are one list", []string{"public", "max-age=5"}, Directives{Public: true, MaxAge: seconds(5)}},
		{"unknown ones are ignored", []string{`foobar, ext="no-store, max-age=1", x=y, immutable, max-age=5`}, Directives{MaxAge: seconds(5)}},
		{"a flag with a value is the flag", []string{"no-store=1, public=0"}, Directives{NoStore: true, Public: true}},
		{"a name within another name", []string{"x-no-store, no-store-x, max-ages=5"}, Directives{}},
		{"the first counts, one line", []string{"max-age=1800, max-age=1"}, Directives{MaxAge: seconds(1800)}},
		{"the first counts, two lines", []string{"max-age=1", "max-age=1800"}, Directives{MaxAge: seconds(1)}},
		{"the first counts, even when invalid", []string{"max-age=x, max-age=1800"}, Directives{MaxAge: invalid}},
		{"the first counts, case does not matter", []string{"Max-Age=7, max-age=8"}, Directives{MaxAge: seconds(7)}},

		{"quoted number", []string{`max-age="3600"`}, Directives{MaxAge: seconds(3600)}},
		{"quoted number with escapes", []string{`max-age="36\00"`}, Directives{MaxAge: seconds(3600)}},
		{"single quotes are none", []string{`max-age='3600'`}, Directives{MaxAge: invalid}},
		{"space before =", []string{"max-age =3600"}, Directives{MaxAge: invalid}},
		{"space after =", []string{"max-age= 3600"}, Directives{MaxAge: invalid}},
		{"space after = before a quote", []string{`max-age= "3600"`}, Directives{MaxAge: invalid}},
		{"text behind a quoted number", []string{`max-age="3600"0`}, Directives{MaxAge: invalid}},
		{"space within quotes", []string{`max-age=" 3600"`}, Directives{MaxAge: invalid}},
		{"space within digits", []string{"max-age=3 600"}, Directives{MaxAge: invalid}},
		{"leading zeros", []string{"max-age=003600"}, Directives{MaxAge: seconds(3600)}},
		{"zero", []string{"max-age=0"}, Directives{MaxAge: seconds(0)}},
		{"negative", []string{"max-age=-100"}, Directives{MaxAge: invalid}},
		{"plus", []string{"max-age=+100"}, Directives{MaxAge: invalid}},
		{"decimal", []string{"max-age=3600.0"}, Directives{MaxAge: invalid}},
		{"exponent", []string{"max-age=1e3"}, Directives{MaxAge: invalid}},
		{"hexadecimal", []string{"max-age=0x10"}, Directives{MaxAge: invalid}},
		{"letter before", []string{"max-age=a100"}, Directives{MaxAge: invalid}},
		{"letter behind", []string{"max-age=100a"}, Directives{MaxAge: invalid}},
		{"digits of another script", []string{"max-age=１００"}, Directives{MaxAge: invalid}},
		{"no value", []string{"max-age"}, Directives{MaxAge: Delta{Set: true, Any: true}}},
		{"empty value", []string{"max-age="}, Directives{MaxAge: invalid}},
		{"empty quoted value", []string{`max-age=""`}, Directives{MaxAge: invalid}},
		{"two equals", []string{"max-age==5"}, Directives{MaxAge: invalid}},
		{"31 bits", []string{"max-age=2147483647"}, Directives{MaxAge: seconds(1<<31 - 1)}},
		{"32 bits", []string{"max-age=2147483648"}, Directives{MaxAge: seconds(1<<31 - 1)}},
		{"64 bits and more", []string{"max-age=99999999999999999999999999999999"}, Directives{MaxAge: seconds(1<<31 - 1)}},
		{"overflow, then nonsense", []string{"max-age=99999999999999999999x"}, Directives{MaxAge: invalid}},

		{"max-stale without value accepts all", []string{"max-stale"}, Directives{MaxStale: Delta{Set: true, Any: true}}},
		{"max-stale with nonsense accepts nothing", []string{"max-stale=x"}, Directives{MaxStale: invalid}},
		{"max-stale with an empty value accepts nothing", []string{"max-stale="}, Directives{MaxStale: invalid}},

		{"qualified no-cache", []string{`no-cache="Set-Cookie"`}, Directives{NoCacheFields: []string{"set-cookie"}}},
		{"qualified by several", []string{`private=" A,b , ,C "`}, Directives{PrivateFields: []string{"a", "b", "c"}}},
		{"qualified by a token", []string{"private=set-cookie"}, Directives{PrivateFields: []string{"set-cookie"}}},
		{"qualified by nothing is unqualified", []string{`no-cache="", private=" , "`}, Directives{NoCache: true, Private: true}},
		{"badly qualified is unqualified", []string{`no-cache= "a", private="a"b`}, Directives{NoCache: true, Private: true}},
		{"comma in quotes ends no member", []string{`no-cache="a, no-store", max-age=5`}, Directives{NoCacheFields: []string{"a", "no-store"}, MaxAge: seconds(5)}},
		{"escaped quote in quotes", []string{`ext="a\", no-store", max-age=5`}, Directives{MaxAge: seconds(5)}},
		{"escaped backslash in quotes", []string{`ext="a\\", no-store`}, Directives{NoStore: true}},

		{"an open quote hides nothing", []string{`max-age=60, ext="abc, no-store`}, Directives{MaxAge: seconds(60), NoStore: true}},
		{"an open quote behind a closed string hides nothing", []string{`ext="abc\", private="a", no-store`}, Directives{NoStore: true}},
		{"an open quote makes its number invalid", []string{`max-age="60, private`}, Directives{MaxAge: invalid, Private: true}},
		{"an open quote ends with its line", []string{`ext="abc`, `no-store, x="`}, Directives{NoStore: true}},
		{"a quote in a name", []string{`fo"o, no-store`}, Directives{NoStore: true}},
		{"a backslash at the end", []string{`no-store, ext="abc\`}, Directives{NoStore: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			assert.Equal(t, c.want, ParseDirectives(lines(c.values...)...))
		})
	}
}

// TestParseLongDirectives: each of these could be looked through to its end
// from every quote or comma on, which would take minutes.
func TestParseLongDirectives(t *testing.T) {
	for _, v := range []string{`\",`, `",`, `"`, `="\",`, `,`, `a="`, `a="b",`} {
		for _, front := range []string{"", `"`} {
			d := ParseDirectives([]byte(front + strings.Repeat(v, 1<<18) + ",no-store"))
			assert.True(t, d.NoStore, "%s%s…", front, v)
		}
	}
}

func BenchmarkParseDirectives(b *testing.B) {
	for _, c := range []struct{ name, value string }{
		{"max-age", "max-age=31536000"},
		{"usual", "public, max-age=86400, stale-while-revalidate=3600, immutable"},
		{"quoted", `no-cache="set-cookie, x-request-id", private="x", s-maxage=60, max-age=5`},
	} {
		b.Run(c.name, func(b *testing.B) {
			value := []byte(c.value)
			b.ReportAllocs()
			for b.Loop() {
				ParseDirectives(value)
			}
		})
	}
}
