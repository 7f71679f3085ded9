package cache

import (
	"bytes"
	"strings"
	"time"
)

// Seconds that a directive names. RFC 9111 §1.2.2 asks for at least 31 bits
// and for anything larger to be taken as that.
const maxDelta = 1<<31 - 1

// Directives are the members of Cache-Control that concern a shared cache: of
// responses (RFC 9111 §5.2.2, RFC 5861) and of requests (§5.2.1). The first occurrence of a directive counts
// (RFC 9111 §4.2.1); unknown directives are ignored (§5.2.3).
type Directives struct {
	NoStore, Private, NoCache, Public               bool
	MustRevalidate, ProxyRevalidate, MustUnderstand bool
	// NoCacheFields and PrivateFields are the field names of the qualified
	// forms no-cache="a, b" and private="a, b"; these forms set neither
	// NoCache nor Private.
	NoCacheFields, PrivateFields []string

	MaxAge, SharedMaxAge, StaleWhileRevalidate, StaleIfError Delta

	// OnlyIfCached, MinFresh and MaxStale stand in requests. A MaxStale
	// without a value accepts any staleness and has Any set.
	OnlyIfCached       bool
	MinFresh, MaxStale Delta
}

// Delta is a directive's optional number of seconds.
type Delta struct {
	// Set is true when the directive was there at all. A directive with a
	// value that is no number of seconds is set, with Duration 0: RFC 9111
	// §4.2.1 encourages to take invalid freshness as stale.
	Set      bool
	Duration time.Duration
	// Any is true when the directive had no value.
	Any bool
}

// ParseDirectives reads the values of all Cache-Control field lines, in order.
func ParseDirectives(values ...[]byte) Directives {
	var d Directives
	seen := map[string]bool{}
	for _, v := range values {
		tail := unclosed(v)
		for len(v) > 0 {
			var name string
			var arg argument
			name, arg, v = nextDirective(v, tail)
			if name == "" || seen[name] {
				continue
			}
			seen[name] = true
			d.set(name, arg)
		}
	}
	return d
}

// argument is what follows a directive's name.
type argument struct {
	present bool
	// value has its quotes and escapes removed.
	value string
	// malformed: spaces around "=", an open quote, text after a closing one.
	malformed bool
}

func (d *Directives) set(name string, arg argument) {
	switch name {
	case "no-store":
		d.NoStore = true
	case "private":
		d.PrivateFields = fieldNames(arg)
		d.Private = len(d.PrivateFields) == 0
	case "no-cache":
		d.NoCacheFields = fieldNames(arg)
		d.NoCache = len(d.NoCacheFields) == 0
	case "public":
		d.Public = true
	case "must-revalidate":
		d.MustRevalidate = true
	case "proxy-revalidate":
		d.ProxyRevalidate = true
	case "must-understand":
		d.MustUnderstand = true
	case "max-age":
		d.MaxAge = delta(arg)
	case "s-maxage":
		d.SharedMaxAge = delta(arg)
	case "stale-while-revalidate":
		d.StaleWhileRevalidate = delta(arg)
	case "stale-if-error":
		d.StaleIfError = delta(arg)
	case "only-if-cached":
		d.OnlyIfCached = true
	case "min-fresh":
		d.MinFresh = delta(arg)
	case "max-stale":
		d.MaxStale = delta(arg)
	}
}

func delta(arg argument) Delta {
	if !arg.present || arg.malformed || arg.value == "" {
		return Delta{Set: true, Any: !arg.present}
	}
	var n int64
	for _, c := range []byte(arg.value) {
		if c < '0' || c > '9' {
			return Delta{Set: true}
		}
		n = min(n*10+int64(c-'0'), maxDelta)
	}
	return Delta{Set: true, Duration: time.Duration(n) * time.Second}
}

func fieldNames(arg argument) []string {
	if !arg.present || arg.malformed {
		return nil // the unqualified, stricter form
	}
	var names []string
	for name := range strings.SplitSeq(arg.value, ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// nextDirective takes one list member off v: token [ "=" ( token /
// quoted-string ) ]. The name comes back in lower case, empty for an empty
// member. A comma in a quoted string does not end the member.
func nextDirective(v []byte, tail int) (name string, arg argument, rest []byte) {
	member, rest := cutMember(v, tail)
	member = bytes.Trim(member, " \t")
	rawName, rawArg, found := bytes.Cut(member, []byte("="))
	name = strings.ToLower(string(bytes.TrimRight(rawName, " \t")))
	if !found {
		return name, arg, rest
	}
	arg.present = true
	trimmed := bytes.TrimLeft(rawArg, " \t")
	arg.malformed = len(trimmed) != len(rawArg) || len(name) != len(rawName)
	if len(trimmed) > 0 && trimmed[0] == '"' {
		value, ok := unquote(trimmed)
		arg.value, arg.malformed = value, arg.malformed || !ok
		return name, arg, rest
	}
	arg.value = string(trimmed)
	return name, arg, rest
}

// cutMember splits v at the first comma outside a quoted string. In v's last
// tail bytes quotes begin no string.
func cutMember(v []byte, tail int) (member, rest []byte) {
	quoted := false
	for i := 0; i < len(v); i++ {
		switch {
		case quoted && v[i] == '\\':
			i++
		case v[i] == '"' && len(v)-i > tail:
			quoted = !quoted
		case v[i] == ',' && !quoted:
			return v[:i], v[i+1:]
		}
	}
	return v, nil
}

// unclosed is the length of what begins with a quote that is never closed. It
// must not hide what stands behind it, which may be no-store.
func unclosed(v []byte) int {
	open := len(v)
	for i := 0; i < len(v); i++ {
		switch {
		case v[i] == '\\' && open < len(v):
			i++
		case v[i] == '"' && open < len(v):
			open = len(v)
		case v[i] == '"':
			open = i
		}
	}
	return len(v) - open
}

// unquote removes the quotes and escapes of a quoted-string (RFC 9110 §5.6.4).
// It reports whether q is exactly one.
func unquote(q []byte) (string, bool) {
	var out strings.Builder
	for i := 1; i < len(q); i++ {
		switch {
		case q[i] == '\\' && i+1 < len(q):
			i++
			out.WriteByte(q[i])
		case q[i] == '"':
			return out.String(), i == len(q)-1
		default:
			out.WriteByte(q[i])
		}
	}
	return out.String(), false
}
