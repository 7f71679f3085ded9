package proxy

import (
	"bytes"
	"time"

	"github.com/valyala/fasthttp"

	"photoedge/cache"
)

// precondition is what a request's conditions come to.
type precondition uint8

const (
	// proceed: send the object.
	proceed precondition = iota
	// notModified: the client has it: 304.
	notModified
	// preconditionFailed: the object is not the one the client means: 412.
	preconditionFailed
)

// conditions are a request's precondition fields, raw; nil when absent.
type conditions struct {
	ifMatch, ifUnmodifiedSince, ifNoneMatch, ifModifiedSince []byte
}

func conditionsOf(h *fasthttp.RequestHeader) conditions {
	return conditions{
		ifMatch:           listOf(h, fasthttp.HeaderIfMatch),
		ifUnmodifiedSince: h.Peek(fasthttp.HeaderIfUnmodifiedSince),
		ifNoneMatch:       listOf(h, fasthttp.HeaderIfNoneMatch),
		ifModifiedSince:   h.Peek(fasthttp.HeaderIfModifiedSince),
	}
}

// listOf returns a list field's value; several lines are one list (RFC 9110
// §5.2).
func listOf(h *fasthttp.RequestHeader, name string) []byte {
	first := h.Peek(name)
	if len(first) == 0 {
		return first
	}
	if lines := h.PeekAll(name); len(lines) > 1 {
		return bytes.Join(lines, []byte(", "))
	}
	return first
}

// evaluate takes the conditions in the order of RFC 9110 §13.2.2. A date that
// is none is ignored (§13.1.3, §13.1.4).
func (c *conditions) evaluate(v *cache.Version) precondition {
	switch {
	case len(c.ifMatch) > 0:
		if !matches(c.ifMatch, v.ETag, strongly) {
			return preconditionFailed
		}
	case len(c.ifUnmodifiedSince) > 0:
		since, ok := cache.ParseHTTPDate(c.ifUnmodifiedSince)
		if ok && !v.LastModified.IsZero() && v.LastModified.After(since) {
			return preconditionFailed
		}
	}
	switch {
	case len(c.ifNoneMatch) > 0:
		if matches(c.ifNoneMatch, v.ETag, weakly) {
			return notModified
		}
	case len(c.ifModifiedSince) > 0:
		since, ok := cache.ParseHTTPDate(c.ifModifiedSince)
		if ok && !v.LastModified.IsZero() && !v.LastModified.After(since) {
			return notModified
		}
	}
	return proceed
}

// rangeStands evaluates If-Range (RFC 9110 §13.1.5): the ranges are sent only
// when value names exactly this version, by one strong ETag or by its very
// Last-Modified; otherwise the whole object is. A Last-Modified tells versions
// apart only when the answer's Date is at least a second later (§8.8.2.2).
func rangeStands(value []byte, e *cache.Entry) bool {
	v := &e.Version
	if len(value) == 0 {
		return true
	}
	if tag, rest := nextETag(value); tag != nil {
		return len(bytes.TrimSpace(rest)) == 0 && v.ETag != "" && v.ETag[0] == '"' && string(tag) == v.ETag
	}
	date, ok := cache.ParseHTTPDate(value)
	if !ok || v.LastModified.IsZero() || !date.Equal(v.LastModified) {
		return false
	}
	answered, ok := cache.ParseHTTPDate(e.Field(fieldDate))
	return ok && answered.Sub(v.LastModified) >= time.Second
}

// comparison is one of RFC 9110 §8.8.3.2's two.
type comparison uint8

const (
	strongly comparison = iota
	weakly
)

// matches says whether etag is in list, or list is "*".
func matches(list []byte, etag string, how comparison) bool {
	list = bytes.TrimSpace(list)
	if len(list) == 1 && list[0] == '*' {
		return true
	}
	if etag == "" || (how == strongly && etag[0] == 'W') {
		return false
	}
	for len(list) > 0 {
		var tag []byte
		tag, list = nextETag(list)
		if tag == nil {
			return false
		}
		if how == strongly && string(tag) == etag {
			return true
		}
		if how == weakly && string(opaque(tag)) == opaqueString(etag) {
			return true
		}
	}
	return false
}

func opaque(etag []byte) []byte { return bytes.TrimPrefix(etag, []byte("W/")) }

func opaqueString(etag string) string {
	if len(etag) > 2 && etag[:2] == "W/" {
		return etag[2:]
	}
	return etag
}

// nextETag takes one entity-tag off list; nil when what stands there is none.
// A comma may be part of a tag.
func nextETag(list []byte) (tag, rest []byte) {
	list = bytes.TrimLeft(list, " \t,")
	start := 0
	if bytes.HasPrefix(list, []byte("W/")) {
		start = 2
	}
	if len(list) <= start || list[start] != '"' {
		return nil, nil
	}
	end := bytes.IndexByte(list[start+1:], '"')
	if end < 0 {
		return nil, nil
	}
	end += start + 2
	return list[:end], list[end:]
}
