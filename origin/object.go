package origin

import (
	"io"
	"net/http"
	"time"
)

// Request asks a site's regions for one object.
type Request struct {
	// Key is the object's full key, prefix included, unescaped.
	Key string
	// IfNoneMatch is an ETag: if it still is the object's, the answer is
	// KindNotModified. Empty: unconditional.
	IfNoneMatch string
	// IfMatch is an ETag: if it no longer is the object's, the answer is
	// KindPrecondition. Empty: unconditional.
	IfMatch string
	// Range is an RFC 9110 Range with one range ("bytes=0-99"). Empty: whole.
	Range string
}

// Response is an object, or the word that it has not changed.
type Response struct {
	// Kind is KindFound or KindNotModified; everything else is an *Error.
	Kind Kind
	// Region that answered, and its role.
	Region string
	Role   Role
	// Header is the region's answer as it came, S3's own fields included.
	Header http.Header
	// Status is 200, 206 or 304.
	Status int
	// ETag, VersionID and LastModified are the object's version.
	ETag, VersionID string
	LastModified    time.Time
	// Size is the body's length in bytes, -1 when the region did not say.
	Size int64
	// RequestTime is when the region was asked, AnswerTime when its header
	// came: what age arithmetic needs (RFC 9111 §4.2.3).
	RequestTime, AnswerTime time.Time
	// Body is the object's bytes, nil for KindNotModified. It must be closed.
	// Read returns io.EOF only when exactly Size bytes came and the checksum,
	// if there was one, matched; any other end is an *Error. Not safe for
	// concurrent use.
	Body io.ReadCloser
}
