package proxy

import (
	"bytes"

	"photoedge/cache"
)

// notModified evaluates If-None-Match, or If-Modified-Since when there is no
// If-None-Match, against a stored version (RFC 9110 §13.1.2, §13.1.3,
// §13.2.2). Values are raw, nil when absent.
func notModified(ifNoneMatch, ifModifiedSince []byte, v *cache.Version) bool {
	if len(ifNoneMatch) > 0 {
		return matchesWeakly(ifNoneMatch, v.ETag)
	}
	if len(ifModifiedSince) == 0 || v.LastModified.IsZero() {
		return false
	}
	since, ok := cache.ParseHTTPDate(ifModifiedSince)
	return ok && !v.LastModified.After(since)
}

// matchesWeakly says whether etag is in list by weak comparison, or list is
// "*" (RFC 9110 §8.8.3.2).
func matchesWeakly(list []byte, etag string) bool {
	list = bytes.TrimSpace(list)
	if len(list) == 1 && list[0] == '*' {
		return true
	}
	if etag == "" {
		return false
	}
	want := opaque([]byte(etag))
	for len(list) > 0 {
		var tag []byte
		tag, list = nextETag(list)
		if tag == nil {
			return false
		}
		if bytes.Equal(opaque(tag), want) {
			return true
		}
	}
	return false
}

func opaque(etag []byte) []byte { return bytes.TrimPrefix(etag, []byte("W/")) }

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
