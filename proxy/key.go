package proxy

import (
	"bytes"
	"unicode/utf8"
)

// maxKey is the longest key S3 takes, in bytes of UTF-8 (Amazon S3 User Guide,
// "Naming Amazon S3 objects").
const maxKey = 1024

// keyEnd separates the parts of a cache key. No part contains it.
const keyEnd = 0

// appendObjectKey appends the object key that path names: one percent-decode
// of everything behind the first slash, nothing folded, "+" left as it is. It
// reports false for what no key may be: bad escapes, control characters, bytes
// that are not UTF-8, dot segments (which user agents and proxies resolve, so
// that two parties would see different keys), more than 1,024 bytes with the
// prefix.
func appendObjectKey(dst []byte, prefix string, path []byte) ([]byte, bool) {
	if len(path) == 0 || path[0] != '/' {
		return dst, false
	}
	start := len(dst)
	dst = append(dst, prefix...)
	dst, ok := appendDecoded(dst, path[1:])
	if !ok {
		return dst, false
	}
	key := dst[start:]
	if len(key) > maxKey || hasDotSegment(key) || !utf8.Valid(key) {
		return dst, false
	}
	return dst, true
}

// appendDecoded percent-decodes once and refuses control characters, escaped
// or not.
func appendDecoded(dst, src []byte) ([]byte, bool) {
	for i := 0; i < len(src); i++ {
		c := src[i]
		if c == '%' {
			if i+2 >= len(src) {
				return dst, false
			}
			hi, lo := unhex(src[i+1]), unhex(src[i+2])
			if hi > 15 || lo > 15 {
				return dst, false
			}
			c = hi<<4 | lo
			i += 2
		}
		if c < ' ' || c == 0x7f {
			return dst, false
		}
		dst = append(dst, c)
	}
	return dst, true
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	default:
		return 0xff
	}
}

func hasDotSegment(key []byte) bool {
	for len(key) > 0 {
		segment, rest, _ := bytes.Cut(key, []byte("/"))
		if string(segment) == "." || string(segment) == ".." {
			return true
		}
		key = rest
	}
	return false
}

// appendQuery appends the part of the query that the site makes part of the
// key, so that equal selections are equal bytes.
func appendQuery(dst []byte, q *Query, query []byte) []byte {
	if q.All {
		if len(query) == 0 {
			return dst
		}
		return append(append(dst, keyEnd), query...)
	}
	for _, name := range q.Names {
		rest := query
		for len(rest) > 0 {
			var pair []byte
			pair, rest, _ = bytes.Cut(rest, []byte("&"))
			if n, _, _ := bytes.Cut(pair, []byte("=")); string(n) == name {
				dst = append(append(dst, keyEnd), pair...)
			}
		}
	}
	return dst
}
