package origin

import (
	"context"
	"errors"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// Causes with which an attempt's context ends before its time.
var (
	errConnectSlot      = errors.New("no connection slot became free in time")
	errFirstByteTimeout = errors.New("no answer within the first-byte timeout")
	errStalled          = errors.New("the body stalled")
	errShortBody        = errors.New("the body ended before its promised length")
	errLongBody         = errors.New("the body went on beyond its promised length")
	errAbandoned        = errors.New("abandoned before its end")
	errDeadline         = errors.New("the deadline over all attempts has passed")
	errBreakerOpen      = errors.New("the circuit breaker is open")
	errAuthorityAway    = errors.New("a replica lacks the object and the source cannot be asked")
)

// codeKinds are the S3 error codes whose meaning differs from their status's
// (Amazon S3 API Reference, "Error responses"). HEAD errors have no body and
// so no code of S3's: there the SDK makes one up from the status.
var codeKinds = map[string]Kind{
	"NoSuchKey":     KindNotFound,
	"NoSuchVersion": KindNotFound,
	"NotFound":      KindNotFound,
	// A region without its bucket is of no use, whatever the key.
	"NoSuchBucket":         KindUnavailable,
	"InvalidObjectState":   KindArchived,
	"SlowDown":             KindThrottled,
	"RequestLimitExceeded": KindThrottled,
	"Throttling":           KindThrottled,
	"ThrottlingException":  KindThrottled,
	"TooManyRequests":      KindThrottled,
	"RequestTimeout":       KindUnavailable,
	"OperationAborted":     KindUnavailable,
}

// statusKinds hold where no code says more. What is absent is denied below
// 500 and unavailable from there on; so is a 404 with a code of its own, which
// may be about anything but the object.
var statusKinds = map[int]Kind{
	http.StatusNotModified:                  KindNotModified,
	http.StatusPreconditionFailed:           KindPrecondition,
	http.StatusRequestedRangeNotSatisfiable: KindInvalidRange,
	http.StatusTooManyRequests:              KindThrottled,
	http.StatusRequestTimeout:               KindUnavailable,
}

// classify turns an SDK error into ours. ctx is the attempt's: its cause tells
// our own timeouts from a caller that gave up.
func classify(ctx context.Context, region string, err error) *Error {
	e := &Error{Region: region, Kind: KindUnavailable, Err: err}
	if re, ok := errors.AsType[*awshttp.ResponseError](err); ok && re.Response != nil {
		e.Status = re.HTTPStatusCode()
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		e.Code = api.ErrorCode()
	}
	switch cause := context.Cause(ctx); {
	case e.Status != 0:
		e.Kind = kindOfAnswer(e.Status, e.Code)
	case errors.Is(cause, errFirstByteTimeout), errors.Is(cause, errStalled):
		e.Err = cause
	case cause != nil:
		e.Kind, e.Err = KindCanceled, cause
	}
	return e
}

func kindOfAnswer(status int, code string) Kind {
	if k, ok := codeKinds[code]; ok {
		return k
	}
	if k, ok := statusKinds[status]; ok {
		return k
	}
	if status == http.StatusNotFound && code == "" {
		return KindNotFound
	}
	if status >= http.StatusInternalServerError || status < http.StatusMultipleChoices {
		// A 2xx in an error is an answer that could not be read.
		return KindUnavailable
	}
	return KindDenied
}
