package s3local

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"bytes=0-0", "bytes=-5", "bytes=5-", "bytes=9-1", "bytes=0-1,2-3", "bytes= 1-2", "x"} {
		f.Add(s, int64(10))
	}
	f.Fuzz(func(t *testing.T, field string, size int64) {
		size = max(size, 0)
		s, how := parseRange(field, size)
		if how != rangePart {
			require.Zero(t, s)
			return
		}
		require.GreaterOrEqual(t, s.start, int64(0))
		require.Positive(t, s.length)
		require.LessOrEqual(t, s.length, size-s.start)
		require.True(t, strings.HasPrefix(field, "bytes="))
	})
}

func FuzzParseTarget(f *testing.F) {
	for _, key := range []string{"a/b", "//", "../x", "a+b", "%", "é", "a?b#c", "http://a/b", ""} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		escaped := strings.ReplaceAll(url.PathEscape(key), "%2F", "/") // as clients do
		for _, form := range []string{"", "http://127.0.0.1:80"} {
			bucket, got, query := parseTarget(form + "/bucket/" + escaped + "?versionId=a%2Bb")
			require.Equal(t, "bucket", bucket)
			require.Equal(t, key, got)
			require.Equal(t, "a+b", query.Get("versionId"))
		}
	})
}

func FuzzListingGoesOn(f *testing.F) {
	f.Add("k", "")
	f.Add("", "a/")
	f.Fuzz(func(t *testing.T, key, prefix string) {
		m := mark{key: key}
		if prefix != "" {
			m = mark{prefix: prefix}
		}
		got, ok := parseMark(m.String())
		require.Equal(t, key != "" || prefix != "", ok)
		if ok {
			require.Equal(t, m, got)
		}
	})
}

func TestStoreKeepsTheOrderOfWriting(t *testing.T) {
	var s store
	for _, number := range []uint64{2, 5, 1, 4, 3} {
		o := newObject(nil, Metadata{})
		o.number = number
		s.put("k", record{object: o})
	}
	for i, r := range s.keys["k"] {
		assert.EqualValues(t, i+1, r.number)
	}
	for range 5 {
		r, ok := s.current("k")
		require.True(t, ok)
		_, ok = s.remove("k", r.ID)
		require.True(t, ok)
	}
	assert.Empty(t, s.keys)
}
