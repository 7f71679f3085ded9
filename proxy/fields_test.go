package proxy

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"photoedge/cache"
	"photoedge/origin"
)

// written is fields as lines, without what every entry has.
func written(fields []cache.Field) []string {
	var out []string
	for _, f := range fields {
		if string(f.Name) != fieldNoSniff {
			out = append(out, string(f.Name)+": "+string(f.Value))
		}
	}
	return out
}

// header makes an http.Header as a client of net/http gets it.
func header(lines ...string) http.Header {
	h := http.Header{}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
	return h
}

var answeredAt = time.Date(1994, 11, 6, 9, 49, 37, 999, time.FixedZone("CET", 3600))

const answeredDate = "Date: Sun, 06 Nov 1994 08:49:37 GMT"

func TestStoredFields(t *testing.T) {
	for _, c := range []struct {
		name string
		site Site
		from []string
		want []string
	}{
		{"nothing: the Date of the answer, as HTTP writes it", Site{}, nil, []string{answeredDate}},
		{
			"what S3 keeps for readers, in its order",
			Site{},
			[]string{
				`ETag: "v1"`, "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT", "Expires: 0", "Cache-Control: max-age=5",
				"Content-Disposition: attachment", "Content-Language: de", "Content-Encoding: gzip", "Content-Type: image/png",
				"Date: Tue, 02 Jan 2024 00:00:00 GMT",
			},
			[]string{
				"Date: Tue, 02 Jan 2024 00:00:00 GMT", "Content-Type: image/png", "Content-Encoding: gzip", "Content-Language: de",
				"Content-Disposition: attachment", "Cache-Control: max-age=5", "Expires: 0", `Etag: "v1"`,
				"Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT",
			},
		},
		{
			"every line of one field",
			Site{},
			[]string{"Date: x", "Cache-Control: max-age=5", "Cache-Control: public", "Expires: 0", "Expires: 1"},
			[]string{"Date: x", "Cache-Control: max-age=5", "Cache-Control: public", "Expires: 0", "Expires: 1"},
		},
		{
			"S3's own, each answer's own and the connection's stay behind",
			Site{},
			[]string{
				"Date: x", "X-Amz-Request-Id: 1", "X-Amz-Id-2: 2", "X-Amz-Version-Id: 3", "X-Amz-Server-Side-Encryption: AES256",
				"X-Amz-Replication-Status: REPLICA", "X-Amz-Meta-Owner: me", "Server: AmazonS3", "Connection: Etag, close",
				"Content-Length: 5", "Content-Range: bytes 0-4/5", "Age: 5", "Via: 1.1 x", "Set-Cookie: a=b", "Vary: Origin",
				"Transfer-Encoding: chunked", "Keep-Alive: timeout=5", "Accept-Ranges: bytes", "Access-Control-Allow-Origin: *",
				"Content-Security-Policy: none", "Cache-Status: x",
			},
			[]string{"Date: x"},
		},
		{
			"metadata, where the site sends it",
			Site{ForwardMetadata: true},
			[]string{"Date: x", "X-Amz-Meta-Owner: me", "X-Amz-Meta-Owner: you", "X-Amz-Metadata: no", "X-Amz-Version-Id: 3"},
			[]string{"Date: x", "X-Amz-Meta-Owner: me", "X-Amz-Meta-Owner: you"},
		},
		{
			"documents are sandboxed",
			Site{},
			[]string{"Date: x", "Content-Type: Image/SVG+xml; charset=utf-8"},
			[]string{"Date: x", "Content-Type: Image/SVG+xml; charset=utf-8", "Content-Security-Policy: " + sandboxed},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			fields := storedFields(header(c.from...), &c.site, answeredAt)
			assert.Equal(t, c.want, written(fields))
			assert.True(t, slices.ContainsFunc(fields, func(f cache.Field) bool {
				return string(f.Name) == fieldNoSniff && string(f.Value) == "nosniff"
			}), "every object is what it says")
		})
	}
}

func TestStoredFieldsAreCopies(t *testing.T) {
	h := header("Cache-Control: max-age=5")
	fields := storedFields(h, &Site{}, answeredAt)
	h["Cache-Control"][0] = "changed"
	assert.Contains(t, written(fields), "Cache-Control: max-age=5")
}

func TestFreshenedFields(t *testing.T) {
	stored := []string{
		"Date: Mon, 01 Jan 2024 00:00:00 GMT", "Content-Type: image/svg+xml", "Content-Encoding: gzip", "Cache-Control: max-age=5",
		"Cache-Control: public", "Expires: 0", `Etag: "v1"`, "Last-Modified: Sun, 31 Dec 2023 00:00:00 GMT",
	}
	const csp = "Content-Security-Policy: " + sandboxed
	for _, c := range []struct {
		name    string
		brought []string
		want    []string
	}{
		{
			"nothing but a Date",
			[]string{"Date: x"},
			append(append([]string{}, stored[1:]...), csp, "Date: x"),
		},
		{
			"no Date: the time of the answer", nil,
			append(append([]string{}, stored[1:]...), csp, answeredDate),
		},
		{
			"all lines of a field are replaced",
			[]string{"Date: x", "Cache-Control: no-cache"},
			append(append(append([]string{}, stored[1:3]...), stored[5:]...), csp, "Date: x", "Cache-Control: no-cache"),
		},
		{
			"Expires and Last-Modified are replaced",
			[]string{"Date: x", "Expires: 1", "Last-Modified: y"},
			append(append([]string{}, stored[1:5]...), stored[6], csp, "Date: x", "Expires: 1", "Last-Modified: y"),
		},
		{
			"what describes bytes that did not travel stays",
			[]string{
				"Date: x", "Content-Type: text/plain", "Content-Encoding: br", "Content-Length: 0", "Content-Range: bytes 0-1/2", `Etag: W/"v1"`,
			},
			append(append([]string{}, stored[1:]...), csp, "Date: x"),
		},
		{
			"what is not kept is not brought in either",
			[]string{"Date: x", "Server: AmazonS3", "X-Amz-Request-Id: 1", "Age: 7"},
			append(append([]string{}, stored[1:]...), csp, "Date: x"),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			site := &Site{}
			entry := storedFields(header(stored...), site, answeredAt)
			before := written(entry)
			got := freshenedFields(entry, header(c.brought...), site, answeredAt)
			assert.ElementsMatch(t, c.want, written(got))
			assert.Equal(t, before, written(entry), "the entry in use is unchanged")
			once := map[string]bool{}
			for _, f := range got {
				if name := string(f.Name); name != "Cache-Control" {
					require.False(t, once[name], "%s twice", name)
					once[name] = true
				}
			}
		})
	}
}

func TestFreshenedMetadata(t *testing.T) {
	site := &Site{ForwardMetadata: true}
	entry := storedFields(header("Date: x", "X-Amz-Meta-Owner: me", "X-Amz-Meta-Place: Seoul"), site, answeredAt)
	got := freshenedFields(entry, header("Date: y", "X-Amz-Meta-Owner: you"), site, answeredAt)
	assert.ElementsMatch(t, []string{"Date: y", "X-Amz-Meta-Owner: you", "X-Amz-Meta-Place: Seoul"}, written(got))
}

// TestFreshenedAgainAndAgain: an entry that is validated for years must not grow.
func TestFreshenedAgainAndAgain(t *testing.T) {
	site := &Site{ForwardMetadata: true}
	from := header("Date: x", "Content-Type: text/html", "Cache-Control: max-age=1", "X-Amz-Meta-A: 1", `Etag: "v1"`)
	fields := storedFields(from, site, answeredAt)
	was := written(fields)
	for range 100 {
		fields = freshenedFields(fields, from, site, answeredAt)
	}
	assert.ElementsMatch(t, was, written(fields))
}

func TestLifetimeOfAnAnswer(t *testing.T) {
	now := time.Unix(784111777, 0)
	lifetime := func(fields []cache.Field, h http.Header) cache.Lifetime {
		resp := &origin.Response{Header: h, RequestTime: now.Add(-time.Second), AnswerTime: now}
		return lifetimeOf(resp, fields, &Site{Policy: cache.Policy{DefaultTTL: time.Hour}})
	}
	h := header("Date: Sun, 06 Nov 1994 08:49:37 GMT", "Cache-Control: public", "Cache-Control: max-age=60", "Age: 10")
	l := lifetime(storedFields(h, &Site{}, now), h)
	assert.Equal(t, int64(11), l.Age(now.UnixNano()), "Age and the delay")
	assert.Equal(t, int64(49), l.TTL(now.UnixNano()))

	// A 304 brings an Age of its own, and may leave Cache-Control out.
	again := header("Date: Sun, 06 Nov 1994 08:49:37 GMT")
	l = lifetime(freshenedFields(storedFields(h, &Site{}, now), again, &Site{}, now), again)
	assert.Equal(t, int64(1), l.Age(now.UnixNano()))
	assert.Equal(t, int64(59), l.TTL(now.UnixNano()))

	h = header("Expires: Sun, 06 Nov 1994 08:59:37 GMT") // Date is the answer's
	l = lifetime(storedFields(h, &Site{}, now), h)
	assert.Equal(t, int64(599), l.TTL(now.UnixNano()))
	h = header("Cache-Control: no-store")
	assert.False(t, lifetime(storedFields(h, &Site{}, now), h).Storable)
}
