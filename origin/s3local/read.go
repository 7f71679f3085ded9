package s3local

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// readObject answers GET and HEAD of an object.
func (q *request) readObject() verdict {
	rec, e := q.find()
	if e != nil {
		return q.fail(e)
	}
	switch decided, condition := evaluate(q.r.Header, rec.Version); decided {
	case conditionFailed:
		return q.fail(errPrecondition(condition))
	case conditionUnchanged:
		return q.notModified(rec)
	}
	body := span{0, rec.Size}
	status := http.StatusOK
	if asked := q.entry.Range; asked != "" {
		part, how := parseRange(asked, rec.Size)
		switch how {
		case rangeUnsatisfiable:
			return q.fail(errInvalidRange(asked, rec.Size))
		case rangePart:
			body, status = part, http.StatusPartialContent
			q.w.Header().Set("Content-Range", part.contentRange(rec.Size))
		}
	}
	q.describe(rec)
	if status == http.StatusOK && strings.EqualFold(q.r.Header.Get("X-Amz-Checksum-Mode"), "ENABLED") {
		// S3 has a checksum of the whole only, and does not send it with a part.
		q.w.Header().Set("X-Amz-Checksum-Crc32", rec.crc)
		q.w.Header().Set("X-Amz-Checksum-Type", "FULL_OBJECT")
	}
	q.w.Header().Set("Content-Length", strconv.FormatInt(body.length, 10))
	q.begin(status)
	if q.r.Method == http.MethodHead {
		return proceed
	}
	return q.send(rec.body[body.start : body.start+body.length])
}

// find returns the version asked for. Of a bucket that it may not list, a
// client does not learn that a key is missing.
func (q *request) find() (record, *apiError) {
	rec, ok := q.lookUp()
	switch {
	case q.fault.Mode == FaultMissing:
		q.struck()
		return record{}, q.missing()
	case !ok && q.entry.VersionID != "" && q.region.list == ListAllowed:
		return record{}, errNoSuchVersion(q.key, q.entry.VersionID)
	case !ok:
		return record{}, q.missing()
	case rec.kind == kindObject:
		return rec, nil
	case q.entry.VersionID != "": // a marker, asked for by name, is no object
		q.mark(rec)
		q.w.Header().Set("Allow", http.MethodDelete)
		q.w.Header().Set("Last-Modified", httpTime(rec.LastModified))
		return record{}, errMethodNotAllowed(q.r.Method, "DeleteMarker")
	case q.region.list == ListAllowed:
		q.mark(rec)
		return record{}, q.missing()
	default:
		return record{}, q.missing()
	}
}

func (q *request) lookUp() (record, bool) {
	if q.entry.VersionID != "" {
		return q.region.store.version(q.key, q.entry.VersionID)
	}
	return q.region.store.current(q.key)
}

func (q *request) missing() *apiError {
	if q.region.list == ListDenied {
		return errDenied()
	}
	return errNoSuchKey(q.key)
}

// mark sets the fields of a delete marker.
func (q *request) mark(rec record) {
	q.w.Header().Set("X-Amz-Delete-Marker", "true")
	q.w.Header().Set("X-Amz-Version-Id", rec.ID)
}

// describe sets the fields of an object.
func (q *request) describe(rec record) {
	h := q.w.Header()
	h.Set("Accept-Ranges", "bytes")
	h.Set("Etag", rec.ETag)
	h.Set("Last-Modified", httpTime(rec.LastModified))
	h.Set("Content-Type", rec.meta.ContentType)
	h.Set("X-Amz-Version-Id", rec.ID)
	setUnlessEmpty(h, "Cache-Control", rec.meta.CacheControl)
	setUnlessEmpty(h, "Expires", rec.meta.Expires)
	setUnlessEmpty(h, "Content-Encoding", rec.meta.ContentEncoding)
	setUnlessEmpty(h, "Content-Disposition", rec.meta.ContentDisposition)
	setUnlessEmpty(h, "Content-Language", rec.meta.ContentLanguage)
	setUnlessEmpty(h, "X-Amz-Replication-Status", rec.status.String())
	for name, value := range rec.meta.User {
		h.Set(userPrefix+name, value)
	}
}

func setUnlessEmpty(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}

// notModified answers 304: what a cache needs to freshen what it has (RFC 9110
// section 15.4.5), and no body.
func (q *request) notModified(rec record) verdict {
	h := q.w.Header()
	h.Set("Etag", rec.ETag)
	h.Set("Last-Modified", httpTime(rec.LastModified))
	setUnlessEmpty(h, "Cache-Control", rec.meta.CacheControl)
	setUnlessEmpty(h, "Expires", rec.meta.Expires)
	q.begin(http.StatusNotModified)
	return proceed
}

// send sends the body chunk by chunk, as the region's fault and rate allow.
func (q *request) send(body []byte) verdict {
	var at int64
	flip := true // once
	for size := int64(len(body)); at < size; {
		s, v := q.pass()
		if v == stop {
			return stop
		}
		n := min(s.chunk(), size-at)
		switch q.fault.Mode {
		case FaultCut, FaultStall:
			if at >= q.fault.After {
				return q.breakOff()
			}
			n = min(n, q.fault.After-at)
		}
		switch q.await(s, n) {
		case shareStop:
			return stop
		case shareAgain:
			continue
		}
		chunk := body[at : at+n]
		if where := min(q.fault.After, size-1); q.fault.Mode == FaultCorrupt && flip && where < at+n {
			chunk = flipBit(chunk, max(where-at, 0))
			flip = false
			q.struck()
		}
		if q.write(chunk) != nil {
			return stop
		}
		if at += n; at < size && q.ctl.Flush() != nil { // the last chunk leaves by itself
			return stop
		}
	}
	return proceed
}

func (q *request) breakOff() verdict {
	if q.fault.Mode == FaultCut {
		q.cut()
		return stop
	}
	_ = q.ctl.Flush() // the header, if that is all that comes
	q.hang()
	return stop
}

func flipBit(chunk []byte, at int64) []byte {
	flipped := append([]byte(nil), chunk...)
	flipped[at] ^= 1
	return flipped
}

// share says what came of waiting for a share of the region's rate.
type share int

const (
	shareGranted share = iota
	shareAgain         // the settings have changed: look again
	shareStop          // the client has left
)

// await waits until n bytes may leave.
func (q *request) await(s *settings, n int64) share {
	if s.pace == nil {
		return shareGranted
	}
	delay, reserved := s.pace.share(n)
	if delay <= 0 {
		return shareGranted
	}
	if q.ctl.Flush() != nil { // the header does not wait for the body
		reserved.Cancel()
		return shareStop
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return shareGranted
	case <-s.replaced:
		reserved.Cancel()
		return shareAgain
	case <-q.r.Context().Done():
		reserved.Cancel()
		return shareStop
	}
}
