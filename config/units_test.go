package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestBytes(t *testing.T) {
	for text, want := range map[string]Bytes{
		"0": 0, "1": 1, "1048576": 1 << 20, "4GiB": 4 << 30, "64MB": 64e6, "1KB": 1000, "1KiB": 1024,
		"1.5MiB": 3 << 19, "2TiB": 2 << 40, "512B": 512, "9223372036854775807": 1<<63 - 1,
	} {
		var b Bytes
		assert.NoError(t, b.UnmarshalText([]byte(text)), text)
		assert.Equal(t, want, b, text)
	}
	for _, text := range []string{
		"", "-1", "+1", "4G", "4Gi", "4gib", "4 GiB", " 4GiB", "GiB", "1.5", ".5GiB", "1e9", "0x10", "1_000", "1,000",
		"9223372036854775808", "99999999999999999999", "999999999999TiB", "NaN", "Inf", "4GiB\n", "٤GiB",
	} {
		b := Bytes(7)
		assert.Error(t, b.UnmarshalText([]byte(text)), text)
		assert.Equal(t, Bytes(7), b, text)
	}
	assert.Equal(t, "4GiB", Bytes(4<<30).String())
	assert.Equal(t, "62500KiB", Bytes(64e6).String())
	assert.Equal(t, "0B", Bytes(0).String())
	assert.Equal(t, "1025B", Bytes(1025).String())
	assert.Equal(t, "2048TiB", Bytes(2<<50).String())
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "500ms": 500 * time.Millisecond, "1h30m": 90 * time.Minute, "1.5s": 1500 * time.Millisecond,
	} {
		var d Duration
		assert.NoError(t, d.UnmarshalText([]byte(text)), text)
		assert.Equal(t, Duration(want), d, text)
	}
	for _, text := range []string{"", "10", "s", "10 s", "1y", "1d12h", "99999999h", "NaNs"} {
		var d Duration
		assert.ErrorContains(t, d.UnmarshalText([]byte(text)), "must be a duration like", text)
	}
	var d Duration
	assert.EqualError(t, d.UnmarshalText([]byte("3d")), `has no unit for days: write "72h"`)

	for want, d := range map[string]time.Duration{
		"0s": 0, "1h": time.Hour, "10m": 10 * time.Minute, "1h5m": 65 * time.Minute, "1h0m5s": time.Hour + 5*time.Second,
		"20ms": 20 * time.Millisecond, "10s": 10 * time.Second, "20h": 20 * time.Hour,
	} {
		assert.Equal(t, want, Duration(d).String())
	}
}

func TestPercent(t *testing.T) {
	for text, want := range map[string]Percent{"0%": 0, "2%": 2, "0.5%": 0.5, "100%": 100} {
		var p Percent
		assert.NoError(t, p.UnmarshalText([]byte(text)), text)
		assert.InDelta(t, float64(want), float64(p), 0, text)
		assert.Equal(t, text, p.String())
	}
	for _, text := range []string{"", "%", "2", "0.02", "-1%", "2 %", "2%%", "NaN%", "Inf%", "1e2%", "9999999%"} {
		var p Percent
		assert.ErrorContains(t, p.UnmarshalText([]byte(text)), "must be a percentage", text)
	}
	assert.InDelta(t, 0.02, Percent(2).Fraction(), 1e-12)
}

func TestWords(t *testing.T) {
	assert.Equal(t, "source", RoleSource.String())
	assert.Equal(t, "replica", RoleReplica.String())
	assert.Empty(t, Role(0).String())
	assert.Empty(t, Role(9).String())
	assert.Equal(t, "ignore", ClientIgnore.String())
	assert.Equal(t, "honor", ClientHonor.String())
	assert.Equal(t, "include", Query{Mode: QueryInclude}.String())
	assert.Equal(t, "[w, h]", Query{Mode: QueryNames, Names: []string{"w", "h"}}.String())
}

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"memory", "memroy", 2}, {"hosts", "host", 1},
	} {
		assert.Equal(t, c.want, edits(c.a, c.b), "%s %s", c.a, c.b)
		assert.Equal(t, c.want, edits(c.b, c.a), "%s %s", c.b, c.a)
	}
}
