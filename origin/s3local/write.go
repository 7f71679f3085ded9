package s3local

import (
	"crypto/md5"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
)

// maxUpload is the longest body that PUT takes, in bytes.
const maxUpload = 256 << 20

// userPrefix begins the names of user metadata.
const userPrefix = "X-Amz-Meta-"

// upload is the body of a PUT, received and checked.
type upload struct{ body []byte }

// receive reads the body of a PUT to its end: only then does the HTTP server
// see its client leave.
func (q *request) receive() (upload, *apiError) {
	switch {
	case q.r.ContentLength < 0:
		return upload{}, errMissingLength()
	case q.r.ContentLength > maxUpload:
		return upload{}, errTooLarge()
	}
	var source io.Reader = q.r.Body
	if strings.HasPrefix(q.r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		// Chunks as in HTTP/1.1, with signatures where HTTP has extensions.
		source = httputil.NewChunkedReader(q.r.Body)
	}
	body, err := io.ReadAll(source)
	if err == nil {
		_, err = io.Copy(io.Discard, q.r.Body) // the trailer after the chunks
	}
	if err != nil {
		return upload{}, errIncompleteBody()
	}
	if want := q.r.Header.Get("X-Amz-Checksum-Crc32"); want != "" && want != checksum(body) {
		return upload{}, errBadDigest()
	}
	sum := md5.Sum(body)
	if want := q.r.Header.Get("Content-Md5"); want != "" && want != base64.StdEncoding.EncodeToString(sum[:]) {
		return upload{}, errBadDigest()
	}
	return upload{body}, nil
}

// writeObject answers PUT.
func (q *request) writeObject(up upload) verdict {
	if q.r.Header.Get("X-Amz-Copy-Source") != "" {
		return q.fail(errNotImplemented())
	}
	o := newObject(up.body, metadataOf(q.r.Header))
	if e := q.store(o); e != nil {
		return q.fail(e)
	}
	h := q.w.Header()
	h.Set("Etag", o.ETag)
	h.Set("X-Amz-Version-Id", o.ID)
	h.Set("X-Amz-Checksum-Crc32", o.crc)
	h.Set("X-Amz-Checksum-Type", "FULL_OBJECT")
	h.Set("Content-Length", "0")
	q.begin(http.StatusOK)
	return proceed
}

// store writes a version, which replicates if this is the source, provided
// that the preconditions hold at that moment.
func (q *request) store(o *object) *apiError {
	c := q.region.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	current, ok := q.region.store.current(q.key)
	exists := ok && current.kind == kindObject
	if want := q.entry.IfMatch; want != "" {
		switch {
		case !exists:
			return errNoSuchKey(q.key)
		case !matches(want, current.ETag, strong):
			return errPrecondition("If-Match")
		}
	}
	if have := q.entry.IfNoneMatch; have != "" && exists && matches(have, current.ETag, weak) {
		return errPrecondition("If-None-Match")
	}
	c.store(q.region, q.key, o, reachReplicas)
	return nil
}

// deleteObject answers DELETE: with a delete marker, or, when it names a
// version, by removing that version here and nowhere else. Neither minds that
// there is nothing to delete.
func (q *request) deleteObject() verdict {
	if id := q.entry.VersionID; id != "" {
		if rec, ok := q.region.store.remove(q.key, id); ok && rec.kind == kindMarker {
			q.mark(rec)
		}
		q.w.Header().Set("X-Amz-Version-Id", id)
		q.begin(http.StatusNoContent)
		return proceed
	}
	marker := newMarker()
	if e := q.store(marker); e != nil {
		return q.fail(e)
	}
	q.mark(record{object: marker})
	q.begin(http.StatusNoContent)
	return proceed
}

func metadataOf(h http.Header) Metadata {
	m := Metadata{
		ContentType:        h.Get("Content-Type"),
		CacheControl:       h.Get("Cache-Control"),
		Expires:            h.Get("Expires"),
		ContentEncoding:    contentEncoding(h),
		ContentDisposition: h.Get("Content-Disposition"),
		ContentLanguage:    h.Get("Content-Language"),
		User:               map[string]string{},
	}
	for name, values := range h {
		if short, ok := strings.CutPrefix(name, userPrefix); ok {
			m.User[short] = strings.Join(values, ",")
		}
	}
	return m
}

// contentEncoding leaves out how the upload itself was encoded.
func contentEncoding(h http.Header) string {
	var kept []string
	for _, coding := range strings.Split(h.Get("Content-Encoding"), ",") {
		if coding = strings.TrimSpace(coding); coding != "" && coding != "aws-chunked" {
			kept = append(kept, coding)
		}
	}
	return strings.Join(kept, ",")
}
