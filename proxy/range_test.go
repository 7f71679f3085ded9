package proxy

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"photoedge/origin"
)

func TestParseRange(t *testing.T) {
	one := func(first, last int64) []byteRange { return []byteRange{{first, last}} }
	for _, c := range []struct {
		value string
		size  int64
		want  []byteRange
		how   rangeResult
	}{
		{"bytes=0-99", 1000, one(0, 99), rangePartial},
		{"BYTES=0-99", 1000, one(0, 99), rangePartial},
		{"bytes= 0-99 ", 1000, one(0, 99), rangePartial},
		{"bytes=0-0", 1000, one(0, 0), rangePartial},
		{"bytes=900-", 1000, one(900, 999), rangePartial},
		{"bytes=900-5000", 1000, one(900, 999), rangePartial},
		{"bytes=-100", 1000, one(900, 999), rangePartial},
		{"bytes=-5000", 1000, one(0, 999), rangePartial},
		{"bytes=0-99999999999999999999999999", 1000, one(0, 999), rangePartial},
		{"bytes=0-9,20-29", 1000, []byteRange{{0, 9}, {20, 29}}, rangePartial},
		{"bytes=20-29,0-9", 1000, []byteRange{{20, 29}, {0, 9}}, rangePartial},
		{"bytes=0-9,,20-29,", 1000, []byteRange{{0, 9}, {20, 29}}, rangePartial},
		{"bytes=0-9,2000-", 1000, one(0, 9), rangePartial},
		{"bytes=1000-", 1000, nil, rangeUnsatisfiable},
		{"bytes=-0", 1000, nil, rangeUnsatisfiable},
		{"bytes=0-", 0, nil, rangeUnsatisfiable},
		{"bytes=-5", 0, nil, rangeUnsatisfiable},
		{"bytes=99999999999999999999999999-", 1000, nil, rangeUnsatisfiable},
		{"bytes=5-2", 1000, nil, rangeIgnored},
		{"bytes=a-b", 1000, nil, rangeIgnored},
		{"bytes=1-2-3", 1000, nil, rangeIgnored},
		{"bytes=1.5-2", 1000, nil, rangeIgnored},
		{"bytes=+1-2", 1000, nil, rangeIgnored},
		{"bytes=-", 1000, nil, rangeIgnored},
		{"bytes=", 1000, nil, rangeIgnored},
		{"bytes=,", 1000, nil, rangeIgnored},
		{"bytes", 1000, nil, rangeIgnored},
		{"items=0-9", 1000, nil, rangeIgnored},
		{"bytes=0-9, bad", 1000, nil, rangeIgnored},
		{"bytes=0-9,5-20", 1000, nil, rangeIgnored}, // overlapping: abuse or a mistake
		{"bytes=0-,0-,0-", 1000, nil, rangeIgnored},
	} {
		t.Run(c.value, func(t *testing.T) {
			got, how := parseRange([]byte(c.value), c.size)
			assert.Equal(t, c.how, how)
			assert.Equal(t, c.want, got)
		})
	}
	many := "bytes=0-0"
	for i := range maxRanges {
		many += "," + strconv.Itoa(2*i+2) + "-" + strconv.Itoa(2*i+2)
	}
	_, how := parseRange([]byte(many), 1000)
	assert.Equal(t, rangeIgnored, how)
}

func TestRangesFromMemoryAndFromAFill(t *testing.T) {
	e := newEdge(t, edgeOptions{})
	photo := pattern(100_000)
	e.origin.set(answerWith(func() *origin.Response { return found(photo, `"v1"`) }))
	check := func(t *testing.T, path string) {
		t.Helper()
		got := e.get(t, path, "Range", "bytes=1000-1999")
		require.NoError(t, got.err)
		assert.Equal(t, http.StatusPartialContent, got.status)
		assert.Equal(t, "bytes 1000-1999/100000", got.header.Get("Content-Range"))
		assert.Equal(t, "1000", got.header.Get("Content-Length"))
		assert.Equal(t, photo[1000:2000], got.body)
		assert.Equal(t, `"v1"`, got.header.Get("Etag"))
	}
	check(t, "/cold.jpg")
	eventually(t, "no fill", e.idle)
	check(t, "/cold.jpg")
	assert.Len(t, e.origin.requests(), 1, "the whole object is filled once")
	assert.Empty(t, e.origin.requests()[0].Range)

	beyond := e.get(t, "/cold.jpg", "Range", "bytes=100000-")
	assert.Equal(t, http.StatusRequestedRangeNotSatisfiable, beyond.status)
	assert.Equal(t, "bytes */100000", beyond.header.Get("Content-Range"))

	assert.Equal(t, 200, e.get(t, "/cold.jpg", "Range", "bytes=zzz").status)
	assert.Equal(t, 206, e.get(t, "/cold.jpg", "Range", "bytes=0-9", "If-Range", `"v1"`).status)
	assert.Equal(t, 200, e.get(t, "/cold.jpg", "Range", "bytes=0-9", "If-Range", `"v2"`).status)
	assert.Equal(t, 200, e.get(t, "/cold.jpg", "Range", "bytes=0-9", "If-Range", `W/"v1"`).status)
	assert.Equal(t, 304, e.get(t, "/cold.jpg", "Range", "bytes=0-9", "If-None-Match", `"v1"`).status)
	assert.Equal(t, 304, e.get(t, "/cold.jpg", "If-None-Match", `"v0"`, "If-None-Match", `"v1"`).status, "two lines are one list")
	assert.Equal(t, 200, e.get(t, "/cold.jpg", "If-Match", `"v0"`, "If-Match", `"v1"`).status)
	head := e.do(t, http.MethodHead, "/cold.jpg", "Range", "bytes=0-9")
	assert.Equal(t, 200, head.status)
	assert.Equal(t, "100000", head.header.Get("Content-Length"))
	assert.Equal(t, "bytes", head.header.Get("Accept-Ranges"))
}

// A range in the part that is already in is answered while the region still
// holds the rest back.
func TestRangeOfAColdObjectIsAnsweredAsSoonAsItsBytesAreIn(t *testing.T) {
	e := newEdge(t, edgeOptions{})
	photo := pattern(1 << 20)
	gates := e.gated(photo)
	started := e.start(t.Context(), "/a.jpg")
	g := <-gates
	g.steps <- 100_000
	whole, err := (<-started).get()
	require.NoError(t, err)
	defer whole.Body.Close()
	got := e.get(t, "/a.jpg", "Range", "bytes=50000-59999")
	require.NoError(t, got.err)
	assert.Equal(t, photo[50000:60000], got.body)
	g.steps <- len(photo)
	body, err := io.ReadAll(whole.Body)
	require.NoError(t, err)
	assert.Equal(t, photo, body)
}

func TestSeveralRanges(t *testing.T) {
	e := newEdge(t, edgeOptions{})
	photo := pattern(100_000)
	e.origin.set(answerWith(func() *origin.Response { return found(photo, `"v1"`) }))
	for _, state := range []string{"cold", "warm"} {
		got := e.get(t, "/a.jpg", "Range", "bytes=0-9,50000-50099,-5")
		require.NoError(t, got.err, state)
		assert.Equal(t, http.StatusPartialContent, got.status)
		assert.Equal(t, strconv.Itoa(len(got.body)), got.header.Get("Content-Length"))
		assert.Empty(t, got.header.Get("Content-Range"))
		kind, params, err := mime.ParseMediaType(got.header.Get("Content-Type"))
		require.NoError(t, err)
		assert.Equal(t, "multipart/byteranges", kind)
		parts := multipart.NewReader(bytes.NewReader(got.body), params["boundary"])
		for _, want := range []struct {
			contentRange string
			body         []byte
		}{
			{"bytes 0-9/100000", photo[:10]},
			{"bytes 50000-50099/100000", photo[50000:50100]},
			{"bytes 99995-99999/100000", photo[99995:]},
		} {
			part, err := parts.NextRawPart()
			require.NoError(t, err)
			assert.Equal(t, want.contentRange, part.Header.Get("Content-Range"))
			assert.Equal(t, "image/jpeg", part.Header.Get("Content-Type"))
			body, err := io.ReadAll(part)
			require.NoError(t, err)
			assert.Equal(t, want.body, body)
		}
		_, err = parts.NextRawPart()
		require.ErrorIs(t, err, io.EOF)
		eventually(t, "no fill", e.idle)
	}
}

func TestPreconditions(t *testing.T) {
	e := newEdge(t, edgeOptions{})
	e.origin.set(answerWith(func() *origin.Response {
		r := found(pattern(10), `"v1"`, "Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
		r.LastModified, _ = http.ParseTime("Mon, 01 Jan 2024 00:00:00 GMT")
		return r
	}))
	const before, at, after = "Sun, 31 Dec 2023 00:00:00 GMT", "Mon, 01 Jan 2024 00:00:00 GMT", "Tue, 02 Jan 2024 00:00:00 GMT"
	for _, c := range []struct {
		name   string
		fields []string
		status int
	}{
		{"If-Match, the version", []string{"If-Match", `"v1"`}, 200},
		{"If-Match, in a list", []string{"If-Match", `"v0", "v1"`}, 200},
		{"If-Match, any", []string{"If-Match", "*"}, 200},
		{"If-Match, another", []string{"If-Match", `"v2"`}, 412},
		{"If-Match is strong", []string{"If-Match", `W/"v1"`}, 412},
		{"If-Unmodified-Since, before", []string{"If-Unmodified-Since", before}, 412},
		{"If-Unmodified-Since, at", []string{"If-Unmodified-Since", at}, 200},
		{"If-Unmodified-Since, no date", []string{"If-Unmodified-Since", "yesterday"}, 200},
		{"If-Match before If-Unmodified-Since", []string{"If-Match", `"v1"`, "If-Unmodified-Since", before}, 200},
		{"If-None-Match, the version", []string{"If-None-Match", `"v1"`}, 304},
		{"If-None-Match is weak", []string{"If-None-Match", `W/"v1"`}, 304},
		{"If-None-Match, any", []string{"If-None-Match", "*"}, 304},
		{"If-None-Match, another", []string{"If-None-Match", `"v2"`}, 200},
		{"If-Modified-Since, after", []string{"If-Modified-Since", after}, 304},
		{"If-Modified-Since, at", []string{"If-Modified-Since", at}, 304},
		{"If-Modified-Since, before", []string{"If-Modified-Since", before}, 200},
		{"If-Modified-Since, no date", []string{"If-Modified-Since", "tomorrow"}, 200},
		{"If-None-Match before If-Modified-Since", []string{"If-None-Match", `"v2"`, "If-Modified-Since", after}, 200},
		{"If-Match first of all", []string{"If-Match", `"v2"`, "If-None-Match", `"v1"`}, 412},
		{"If-Range by date", []string{"Range", "bytes=0-1", "If-Range", at}, 206},
		{"If-Range by another date", []string{"Range", "bytes=0-1", "If-Range", after}, 200},
	} {
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.status, e.get(t, "/a.jpg", c.fields...).status) })
	}
}

func FuzzParseRange(f *testing.F) {
	for _, seed := range []string{"bytes=0-9", "bytes=-5", "bytes=5-", "bytes=0-1,3-4", "bytes=,,", "bytes=9-1", "x=1-2", "bytes=0-99999999999999999999"} {
		f.Add([]byte(seed), int64(100))
	}
	f.Fuzz(func(t *testing.T, value []byte, size int64) {
		size = max(0, size)
		ranges, how := parseRange(value, size)
		if (how == rangePartial) != (len(ranges) > 0) || len(ranges) > maxRanges {
			t.Fatalf("%q of %d: %v, %d", value, size, ranges, how)
		}
		var total int64
		for _, r := range ranges {
			if r.first < 0 || r.last < r.first || r.last >= size {
				t.Fatalf("%q of %d: %v", value, size, r)
			}
			total += r.length()
		}
		if total > size {
			t.Fatalf("%q asks for more than the object: %v of %d", value, ranges, size)
		}
	})
}
