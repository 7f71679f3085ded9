package s3local

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// request is one request on its way through a region.
type request struct {
	region *Region
	w      http.ResponseWriter
	r      *http.Request
	ctl    *http.ResponseController

	came   time.Time // on the real clock
	bucket string
	key    string
	query  url.Values
	id     string // x-amz-request-id
	hostID string // x-amz-id-2
	entry  *Entry // changed under the journal's lock

	fault Fault // the one that strikes it
	turn  uint64
	// taken says that the connection no longer belongs to the HTTP server.
	taken bool
}

// verdict says whether a request goes on.
type verdict int

const (
	proceed verdict = iota
	// stop means that nothing more may be sent: the client has left, or the
	// connection has been dealt with.
	stop
)

func newRequest(region *Region, w http.ResponseWriter, r *http.Request) *request {
	q := &request{
		region: region, w: w, r: r, ctl: http.NewResponseController(w),
		came: time.Now(), id: fmt.Sprintf("%016X", rand.Uint64()), hostID: newHostID(),
	}
	q.bucket, q.key, q.query = parseTarget(r.RequestURI)
	q.entry = &Entry{
		Time: region.cluster.now(), Op: opOf(r.Method, q.key, q.query), Key: q.key, VersionID: q.query.Get("versionId"),
		Range: r.Header.Get("Range"), IfNoneMatch: r.Header.Get("If-None-Match"), IfMatch: r.Header.Get("If-Match"),
	}
	return q
}

func newHostID() string {
	var b []byte
	for range 6 {
		b = binary.BigEndian.AppendUint64(b, rand.Uint64())
	}
	return base64.StdEncoding.EncodeToString(b)
}

// parseTarget takes a request target apart. The key is decoded and otherwise
// left as it is: empty segments, dots and plus signs are part of its name.
func parseTarget(target string) (bucket, key string, query url.Values) {
	if at := strings.Index(target, "://"); at >= 0 && !strings.HasPrefix(target, "/") { // absolute-form
		_, path, _ := strings.Cut(target[at+len("://"):], "/")
		target = "/" + path
	}
	path, rawQuery, _ := strings.Cut(target, "?")
	query, _ = url.ParseQuery(rawQuery) // what can be read of it
	bucket, key, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return unescape(bucket), unescape(key), query
}

// unescape decodes; net/http has already refused what cannot be decoded.
func unescape(s string) string {
	if decoded, err := url.PathUnescape(s); err == nil {
		return decoded
	}
	return s
}

func opOf(method, key string, query url.Values) Op {
	switch {
	case unsupported(query):
		return OpOther
	case method == http.MethodGet && key != "":
		return OpGet
	case method == http.MethodHead && key != "":
		return OpHead
	case method == http.MethodPut && key != "":
		return OpPut
	case method == http.MethodDelete && key != "":
		return OpDelete
	case method == http.MethodHead:
		return OpHeadBucket
	case method == http.MethodGet && query.Has("location"):
		return OpLocation
	case method == http.MethodGet && query.Get("list-type") == "2":
		return OpList
	default:
		return OpOther
	}
}

// unsupported finds the parameters that make a request mean something else, so
// that it fails instead of being mistaken for a plain GET or PUT.
func unsupported(query url.Values) bool {
	for _, name := range []string{
		"acl", "attributes", "cors", "delete", "legal-hold", "lifecycle", "partNumber", "policy", "replication",
		"restore", "retention", "select", "tagging", "torrent", "uploadId", "uploads", "versioning", "versions",
	} {
		if query.Has(name) {
			return true
		}
	}
	return false
}

// look draws the request's lot whenever the region's fault has changed.
func (q *request) look(s *settings) {
	if s.turn == q.turn {
		return
	}
	q.turn, q.fault = s.turn, Fault{}
	if s.fault.strikes() {
		q.fault = s.fault
	}
}

// pass returns the region's settings, unless it is dark or refuses clients:
// then the request ends here.
func (q *request) pass() (*settings, verdict) {
	s := q.region.settings.Load()
	q.look(s)
	switch q.fault.Mode {
	case FaultDark:
		q.hang()
		return s, stop
	case FaultRefused:
		q.struck() // its connection is being reset
		return s, stop
	default:
		return s, proceed
	}
}

// hold waits out the region's latency.
func (q *request) hold() verdict {
	for {
		s, v := q.pass()
		if v == stop {
			return stop
		}
		left := time.Until(q.came.Add(s.latency))
		if left <= 0 {
			return proceed
		}
		if q.wait(left, s) == stop {
			return stop
		}
	}
}

// wait waits for d, or until the settings change.
func (q *request) wait(d time.Duration, s *settings) verdict {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return proceed
	case <-s.replaced:
		return proceed
	case <-q.r.Context().Done():
		return stop
	}
}

// hang never answers. It takes the connection away from the HTTP server, which
// sees a client leave only once it has read the request's body, and asks for
// that body with a 100 Continue; and it returns when the client has left or
// the region closes.
func (q *request) hang() {
	q.struck()
	q.region.journal.update(func(c *Counts) { c.Hanging++ })
	defer q.region.journal.update(func(c *Counts) { c.Hanging-- })
	q.taken = true
	c, _, err := q.ctl.Hijack()
	if err != nil {
		<-q.r.Context().Done()
		return
	}
	_, _ = io.Copy(io.Discard, c)
	_ = c.Close()
}

// cut closes the connection in the middle of an answer.
func (q *request) cut() {
	q.struck()
	q.taken = true
	_ = q.ctl.Flush()
	if c, _, err := q.ctl.Hijack(); err == nil {
		_ = c.Close()
	}
}

// struck notes that the fault had its effect.
func (q *request) struck() {
	q.region.journal.update(func(*Counts) { q.entry.Fault = q.fault.Mode })
}
