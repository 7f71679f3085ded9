package config

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// Bytes is a size in bytes, written "4GiB", "64MB" or 1048576.
type Bytes int64

var sizeShape = regexp.MustCompile(`^([0-9]{1,19}|[0-9]{1,12}(\.[0-9]{1,6})?(B|[KMGT]i?B))$`)

// UnmarshalText reads a number of bytes, or a number with one of the units B,
// KB, MB, GB, TB (powers of 1000), KiB, MiB, GiB, TiB (powers of 1024).
func (b *Bytes) UnmarshalText(text []byte) error {
	n, err := humanize.ParseBytes(string(text))
	if err != nil || n > math.MaxInt64 || !sizeShape.Match(text) {
		return fmt.Errorf(`must be a size like "512MiB", "4GiB" or a number of bytes, not %s`, quote(string(text)))
	}
	*b = Bytes(n)
	return nil
}

// String returns b exactly, in the largest binary unit that divides it.
func (b Bytes) String() string {
	units := [...]string{"B", "KiB", "MiB", "GiB", "TiB"}
	n, unit := int64(b), 0
	for n != 0 && n%1024 == 0 && unit < len(units)-1 {
		n, unit = n/1024, unit+1
	}
	return strconv.FormatInt(n, 10) + units[unit]
}

// Duration is a time.Duration, written Go's way: "500ms", "1h30m", or 0.
type Duration time.Duration

var daysShape = regexp.MustCompile(`^[0-9]{1,5}d$`)

// UnmarshalText reads what time.ParseDuration does.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if daysShape.Match(text) {
		days, _ := strconv.Atoi(strings.TrimSuffix(string(text), "d"))
		return fmt.Errorf(`has no unit for days: write "%dh"`, 24*days)
	}
	if err != nil {
		return fmt.Errorf(`must be a duration like "500ms", "10m" or "24h", not %s`, quote(string(text)))
	}
	*d = Duration(v)
	return nil
}

// String is time.Duration's without units of zero at its end: "10m", "1h".
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Percent is parts of a hundred, written "2%": Percent(2).
type Percent float64

var percentShape = regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{1,6})?%$`)

// UnmarshalText reads a number followed by a percent sign, which is required:
// without it, 1 could be all or a hundredth.
func (p *Percent) UnmarshalText(text []byte) error {
	v, err := strconv.ParseFloat(strings.TrimSuffix(string(text), "%"), 64)
	if err != nil || !percentShape.Match(text) {
		return fmt.Errorf(`must be a percentage like "2%%", not %s`, quote(string(text)))
	}
	*p = Percent(v)
	return nil
}

// String returns p with its sign.
func (p Percent) String() string { return strconv.FormatFloat(float64(p), 'g', -1, 64) + "%" }

// Fraction returns p as a part of one: 0.02 of 2%.
func (p Percent) Fraction() float64 { return float64(p) / 100 }

// Role is what a region's bucket is to the site's others. Its zero value is no
// role.
type Role uint8

const (
	// RoleSource is where writes land: authoritative.
	RoleSource Role = iota + 1
	// RoleReplica is a copy, which may lag.
	RoleReplica
)

func (Role) words() []string { return []string{"source", "replica"} }

// String returns the role as in the file.
func (r Role) String() string { return word(r.words(), int(r)-1) }

// UnmarshalText reads source or replica.
func (r *Role) UnmarshalText(text []byte) error {
	i, err := indexOf(r.words(), string(text))
	*r = Role(i + 1)
	return err
}

// ClientCacheControl is what a client's Cache-Control means to the edge.
type ClientCacheControl uint8

const (
	// ClientIgnore: nothing. A client cannot make the edge go to S3.
	ClientIgnore ClientCacheControl = iota
	// ClientHonor: what RFC 9111, section 5.2.1 says.
	ClientHonor
)

func (ClientCacheControl) words() []string { return []string{"ignore", "honor"} }

// String returns the policy as in the file.
func (c ClientCacheControl) String() string { return word(c.words(), int(c)) }

// UnmarshalText reads ignore or honor.
func (c *ClientCacheControl) UnmarshalText(text []byte) error {
	i, err := indexOf(c.words(), string(text))
	*c = ClientCacheControl(i)
	return err
}

// QueryMode is how much of a request's query is part of the cache key.
type QueryMode uint8

const (
	// QueryIgnore: none of it.
	QueryIgnore QueryMode = iota
	// QueryInclude: all of it, as it came.
	QueryInclude
	// QueryNames: the parameters that are named.
	QueryNames
)

// Query is what of a request's query is part of the cache key.
type Query struct {
	Mode QueryMode
	// Names of the parameters with QueryNames, in this order. Otherwise nil.
	Names []string
}

func (Query) words() []string { return []string{"ignore", "include", "a list of names"} }

// String returns the policy as in the file.
func (q Query) String() string {
	if q.Mode == QueryNames {
		return "[" + strings.Join(q.Names, ", ") + "]"
	}
	return word(q.words(), int(q.Mode))
}

// UnmarshalText reads ignore or include. Names come as a list.
func (q *Query) UnmarshalText(text []byte) error {
	i, err := indexOf(q.words()[:QueryNames], string(text))
	if err != nil {
		return fmt.Errorf(`must be "ignore", "include" or a list of names, not %s`, quote(string(text)))
	}
	*q = Query{Mode: QueryMode(i)}
	return nil
}

// setList takes the names of a list.
func (q *Query) setList(names []string) error {
	if len(names) == 0 {
		return errors.New(`names nothing: write "ignore"`)
	}
	*q = Query{Mode: QueryNames, Names: names}
	return nil
}

// word returns the i-th word, or "" of a value that is none.
func word(words []string, i int) string {
	if i < 0 || i >= len(words) {
		return ""
	}
	return words[i]
}

// indexOf returns where text stands among words.
func indexOf(words []string, text string) (int, error) {
	for i, w := range words {
		if w == text {
			return i, nil
		}
	}
	return 0, fmt.Errorf("must be %q or %q, not %s", words[0], words[1], quote(text))
}
