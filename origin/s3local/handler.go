package s3local

import (
	"net/http"
	"strconv"
	"time"
)

// serve is the way of every request.
func (r *Region) serve(w http.ResponseWriter, req *http.Request) {
	q := newRequest(r, w, req)
	r.journal.begin(q.entry)
	defer r.journal.end()
	if q.answer() == stop && !q.taken {
		panic(http.ErrAbortHandler) // end the connection, answer nothing
	}
}

// answer waits until the request may be answered, and answers it.
func (q *request) answer() verdict {
	if _, v := q.pass(); v == stop {
		return stop // before a body is asked for
	}
	var up upload
	if q.entry.Op == OpPut {
		var e *apiError
		if up, e = q.receive(); e != nil {
			return q.reject(e)
		}
	}
	if q.hold() == stop {
		return stop
	}
	if e := q.refusal(); e != nil {
		return q.fail(e)
	}
	switch q.entry.Op {
	case OpGet, OpHead:
		return q.readObject()
	case OpPut:
		return q.writeObject(up)
	case OpDelete:
		return q.deleteObject()
	case OpHeadBucket:
		return q.headBucket()
	case OpList:
		return q.listObjects()
	case OpLocation:
		return q.location()
	default:
		return q.fail(q.notImplemented())
	}
}

// refusal is what ends a request before its operation is looked at.
func (q *request) refusal() *apiError {
	switch q.fault.Mode {
	case FaultError500:
		q.struck()
		return errInternal()
	case FaultSlowDown:
		q.struck()
		return errSlowDown()
	case FaultDenied:
		q.struck()
		return errDenied()
	}
	if q.bucket != q.region.bucket && (q.bucket != "" || q.key != "") {
		return errNoSuchBucket(q.bucket)
	}
	if len(q.key) > maxKey {
		return errKeyTooLong(len(q.key))
	}
	switch q.entry.Op {
	case OpList, OpHeadBucket:
		if q.region.list == ListDenied {
			return errDenied()
		}
	}
	return nil
}

// notImplemented tells a method that S3 has not from an operation that is not
// done here.
func (q *request) notImplemented() *apiError {
	switch q.r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPost, http.MethodDelete:
		return errNotImplemented()
	default:
		return errMethodNotAllowed(q.r.Method, "OBJECT")
	}
}

// reject answers a request that cannot be understood, after the latency like
// any other.
func (q *request) reject(e *apiError) verdict {
	if q.hold() == stop {
		return stop
	}
	return q.fail(e)
}

// begin sends the header. The log and the counts know of it first.
func (q *request) begin(status int) {
	h := q.w.Header()
	h.Set("Server", "AmazonS3")
	h.Set("Date", q.region.cluster.now().UTC().Format(http.TimeFormat))
	h.Set("X-Amz-Request-Id", q.id)
	h.Set("X-Amz-Id-2", q.hostID)
	q.region.journal.update(func(c *Counts) {
		q.entry.Status = status
		switch status {
		case http.StatusNotModified:
			c.NotModified++
		case http.StatusPartialContent:
			c.Ranges++
		}
	})
	q.w.WriteHeader(status)
}

// write sends a part of the body. The log and the counts know of it first.
func (q *request) write(p []byte) error {
	q.sent(int64(len(p)))
	n, err := q.w.Write(p)
	if n < len(p) {
		q.sent(int64(n - len(p)))
	}
	return err
}

func (q *request) sent(n int64) {
	q.region.journal.update(func(c *Counts) {
		c.BytesOut += n
		q.entry.Bytes += n
	})
}

// document answers with a document of S3's.
func (q *request) document(status int, v any) verdict {
	body := marshal(v)
	h := q.w.Header()
	h.Set("Content-Type", "application/xml")
	if q.r.Method == http.MethodHead { // HEAD errors say nothing of a body
		q.begin(status)
		return proceed
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	q.begin(status)
	_ = q.write(body) // the client has left
	return proceed
}

func (q *request) fail(e *apiError) verdict {
	d := e.document
	d.RequestID, d.HostID = q.id, q.hostID
	return q.document(e.status, &d)
}

func (q *request) headBucket() verdict {
	h := q.w.Header()
	h.Set("Content-Type", "application/xml")
	h.Set("X-Amz-Bucket-Region", q.region.name)
	q.begin(http.StatusOK)
	return proceed
}

func (q *request) location() verdict {
	return q.document(http.StatusOK, &locationConstraint{Region: q.region.name})
}

func httpTime(t time.Time) string { return t.UTC().Format(http.TimeFormat) }
