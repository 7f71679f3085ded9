package s3local

import (
	"net/http"
	"slices"
	"strings"
)

// condition is what a request's preconditions come to.
type condition int

const (
	conditionHolds     condition = iota
	conditionFailed              // 412
	conditionUnchanged           // 304
)

// evaluate applies the preconditions of a read in S3's order, which is that of
// RFC 9110 section 13.2.2: an ETag, where there is one, overrules a date, and
// what must match comes before what must not. It names the one that failed.
func evaluate(h http.Header, v Version) (condition, string) {
	switch want := h.Get("If-Match"); {
	case want != "":
		if !matches(want, v.ETag, strong) {
			return conditionFailed, "If-Match"
		}
	case changedSince(h.Get("If-Unmodified-Since"), v):
		return conditionFailed, "If-Unmodified-Since"
	}
	switch have := h.Get("If-None-Match"); {
	case have != "":
		if matches(have, v.ETag, weak) {
			return conditionUnchanged, "If-None-Match"
		}
	case unchangedSince(h.Get("If-Modified-Since"), v):
		return conditionUnchanged, "If-Modified-Since"
	}
	return conditionHolds, ""
}

// comparison says whether weak ETags count (RFC 9110 section 8.8.3.2).
type comparison int

const (
	strong comparison = iota
	weak
)

// matches finds an ETag in a list. S3 also takes ETags without their quotes,
// and none of its ETags contains a comma.
func matches(list, etag string, how comparison) bool {
	return slices.ContainsFunc(strings.Split(list, ","), func(tag string) bool {
		tag = strings.TrimSpace(tag)
		if how == weak {
			tag = strings.TrimPrefix(tag, "W/")
		}
		return tag == "*" || strings.Trim(tag, `"`) == strings.Trim(etag, `"`)
	})
}

// changedSince is false for a date that is absent or cannot be read.
func changedSince(date string, v Version) bool {
	t, err := http.ParseTime(date)
	return err == nil && v.LastModified.After(t)
}

func unchangedSince(date string, v Version) bool {
	t, err := http.ParseTime(date)
	return err == nil && !v.LastModified.After(t)
}
