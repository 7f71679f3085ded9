package s3local

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"strconv"
)

// maxKey is how long a key may be, in bytes of UTF-8.
const maxKey = 1024

// apiError is an answer that is one of S3's errors (Amazon S3 API Reference,
// "Error responses").
type apiError struct {
	status   int
	document errorDocument
}

// errorDocument is an error's body. Empty fields are left out.
type errorDocument struct {
	XMLName          xml.Name `xml:"Error"`
	Code             string
	Message          string
	Key              string `xml:",omitempty"`
	BucketName       string `xml:",omitempty"`
	VersionID        string `xml:"VersionId,omitempty"`
	Method           string `xml:",omitempty"`
	ResourceType     string `xml:",omitempty"`
	Condition        string `xml:",omitempty"`
	RangeRequested   string `xml:",omitempty"`
	ActualObjectSize string `xml:",omitempty"`
	ArgumentName     string `xml:",omitempty"`
	ArgumentValue    string `xml:",omitempty"`
	RequestID        string `xml:"RequestId"`
	HostID           string `xml:"HostId"`
}

func newError(status int, code, message string) *apiError {
	return &apiError{status, errorDocument{Code: code, Message: message}}
}

func errInternal() *apiError {
	return newError(http.StatusInternalServerError, "InternalError", "We encountered an internal error. Please try again.")
}

func errSlowDown() *apiError {
	return newError(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
}

func errDenied() *apiError {
	return newError(http.StatusForbidden, "AccessDenied", "Access Denied")
}

func errNotImplemented() *apiError {
	return newError(http.StatusNotImplemented, "NotImplemented", "s3local does not implement this operation")
}

func errNoSuchBucket(bucket string) *apiError {
	e := newError(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
	e.document.BucketName = bucket
	return e
}

func errNoSuchKey(key string) *apiError {
	e := newError(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	e.document.Key = key
	return e
}

func errNoSuchVersion(key, id string) *apiError {
	e := newError(http.StatusNotFound, "NoSuchVersion", "The specified version does not exist.")
	e.document.Key, e.document.VersionID = key, id
	return e
}

func errMethodNotAllowed(method, resource string) *apiError {
	e := newError(http.StatusMethodNotAllowed, "MethodNotAllowed",
		"The specified method is not allowed against this resource.")
	e.document.Method, e.document.ResourceType = method, resource
	return e
}

func errPrecondition(condition string) *apiError {
	e := newError(http.StatusPreconditionFailed, "PreconditionFailed",
		"At least one of the pre-conditions you specified did not hold")
	e.document.Condition = condition
	return e
}

func errInvalidRange(requested string, size int64) *apiError {
	e := newError(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable")
	e.document.RangeRequested, e.document.ActualObjectSize = requested, strconv.FormatInt(size, 10)
	return e
}

func errInvalidArgument(name, value, message string) *apiError {
	e := newError(http.StatusBadRequest, "InvalidArgument", message)
	e.document.ArgumentName, e.document.ArgumentValue = name, value
	return e
}

func errKeyTooLong(length int) *apiError {
	return newError(http.StatusBadRequest, "KeyTooLongError",
		"Your key is too long: "+strconv.Itoa(length)+" bytes of at most "+strconv.Itoa(maxKey))
}

func errBadDigest() *apiError {
	return newError(http.StatusBadRequest, "BadDigest",
		"The checksum you specified did not match what we received.")
}

func errIncompleteBody() *apiError {
	return newError(http.StatusBadRequest, "IncompleteBody",
		"You did not provide the number of bytes specified by the Content-Length HTTP header")
}

func errMissingLength() *apiError {
	return newError(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
}

func errTooLarge() *apiError {
	return newError(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
}

// locationConstraint answers GetBucketLocation.
type locationConstraint struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ LocationConstraint"`
	Region  string   `xml:",chardata"`
}

// marshal writes a document of ours.
func marshal(v any) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(v); err != nil {
		panic(err) // a type of this package that cannot be written
	}
	return b.Bytes()
}
