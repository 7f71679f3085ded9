package proxy

import (
	"bytes"
	"sort"
	"strconv"

	"github.com/valyala/fasthttp"

	"photoedge/cache"
)

// byteRange is a part of an object: bytes first to last, both included.
type byteRange struct{ first, last int64 }

func (r byteRange) length() int64 { return r.last - r.first + 1 }

// rangeResult is what a Range field means for an object of a size.
type rangeResult uint8

const (
	// rangeIgnored: no Range, or none that is understood: send the whole
	// object (RFC 9110 §14.2).
	rangeIgnored rangeResult = iota
	// rangePartial: send the ranges.
	rangePartial
	// rangeUnsatisfiable: none of them lies in the object: 416.
	rangeUnsatisfiable
)

const (
	// maxRanges bounds the parts of one answer; a request for more is taken
	// for an attack and gets the whole object (RFC 9110 §14.2, §17.15).
	maxRanges = 16
)

// parseRange evaluates a Range field's value against an object of size bytes
// (RFC 9110 §14.1.2, §14.2). Ranges come back in the order they were asked
// for, clipped to the object; those beyond it are left out. Ranges that
// overlap, or more than maxRanges of them, are ignored as a whole.
func parseRange(value []byte, size int64) ([]byteRange, rangeResult) {
	unit, set, ok := bytes.Cut(value, []byte("="))
	if !ok || !bytes.EqualFold(bytes.TrimSpace(unit), []byte("bytes")) {
		return nil, rangeIgnored
	}
	var ranges []byteRange
	specs := 0
	for len(set) > 0 {
		var spec []byte
		spec, set, _ = bytes.Cut(set, []byte(","))
		if spec = bytes.Trim(spec, " \t"); len(spec) == 0 {
			continue // a list may have empty members (RFC 9110 §5.6.1)
		}
		if specs++; specs > maxRanges {
			return nil, rangeIgnored
		}
		r, result := parseSpec(spec, size)
		switch result {
		case rangeIgnored:
			return nil, rangeIgnored
		case rangePartial:
			ranges = append(ranges, r)
		}
	}
	switch {
	case specs == 0:
		return nil, rangeIgnored
	case len(ranges) == 0:
		return nil, rangeUnsatisfiable
	case overlap(ranges):
		return nil, rangeIgnored
	default:
		return ranges, rangePartial
	}
}

// parseSpec evaluates one range-spec: first-last, first- or -suffix.
func parseSpec(spec []byte, size int64) (byteRange, rangeResult) {
	from, to, ok := bytes.Cut(spec, []byte("-"))
	if !ok {
		return byteRange{}, rangeIgnored
	}
	if len(from) == 0 {
		return suffixRange(to, size)
	}
	first, ok := position(from)
	if !ok {
		return byteRange{}, rangeIgnored
	}
	last := size - 1
	if len(to) > 0 {
		end, ok := position(to)
		if !ok || end < first {
			return byteRange{}, rangeIgnored
		}
		last = min(last, end)
	}
	if first >= size {
		return byteRange{}, rangeUnsatisfiable
	}
	return byteRange{first, last}, rangePartial
}

func suffixRange(length []byte, size int64) (byteRange, rangeResult) {
	n, ok := position(length)
	switch {
	case !ok:
		return byteRange{}, rangeIgnored
	case n == 0 || size == 0:
		return byteRange{}, rangeUnsatisfiable
	default:
		return byteRange{max(0, size-n), size - 1}, rangePartial
	}
}

// position reads 1*DIGIT.
func position(digits []byte) (int64, bool) {
	if len(digits) == 0 {
		return 0, false
	}
	var n int64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
		if n >= 1e17 { // beyond any object: the digits that follow change nothing
			n = 1e17
		}
	}
	return n, true
}

func overlap(ranges []byteRange) bool {
	if len(ranges) < 2 {
		return false
	}
	sorted := append([]byteRange(nil), ranges...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].first < sorted[j].first })
	for i := 1; i < len(sorted); i++ {
		if sorted[i].first <= sorted[i-1].last {
			return true
		}
	}
	return false
}

// appendUnsatisfied appends a 416's Content-Range (RFC 9110 §14.4).
func appendUnsatisfied(dst []byte, size int64) []byte {
	return strconv.AppendInt(append(dst, "bytes */"...), size, 10)
}

// appendContentRange appends a part's Content-Range.
func appendContentRange(dst []byte, r byteRange, size int64) []byte {
	dst = strconv.AppendInt(append(dst, "bytes "...), r.first, 10)
	dst = strconv.AppendInt(append(dst, '-'), r.last, 10)
	return strconv.AppendInt(append(dst, '/'), size, 10)
}

// sendRanges sends a 206 with one part, or several as multipart/byteranges
// (RFC 9110 §15.3.7).
func (h *Handler) sendRanges(ctx *fasthttp.RequestCtx, req *request, a *answer, ranges []byteRange) {
	ctx.SetStatusCode(fasthttp.StatusPartialContent)
	header := &ctx.Response.Header
	if len(ranges) == 1 {
		r := ranges[0]
		header.SetBytesV(fieldContentRange, appendContentRange(nil, r, a.size))
		if a.src == nil && a.entry.Status == cache.StatusFound && r.length() <= streamAbove {
			ctx.Response.SetBodyRaw(a.entry.Body[r.first : r.last+1])
			return
		}
		h.stream(ctx, req, a, r.length(), []segment{{from: r.first, to: r.last + 1}})
		return
	}
	boundary := h.requestID(ctx) // unlike anything a photo holds at a line's start
	segments := multipartSegments(ranges, a.size, string(header.ContentType()), boundary)
	var length int64
	for _, s := range segments {
		length += s.length()
	}
	header.SetContentType("multipart/byteranges; boundary=" + boundary)
	h.stream(ctx, req, a, length, segments)
}

// multipartSegments lays out the parts of a multipart/byteranges body (RFC 9110 §14.6).
func multipartSegments(ranges []byteRange, size int64, contentType, boundary string) []segment {
	segments := make([]segment, 0, 2*len(ranges)+1)
	for i, r := range ranges {
		var head []byte
		if i > 0 {
			head = append(head, "\r\n"...)
		}
		head = append(head, "--"+boundary+"\r\n"...)
		if contentType != "" {
			head = append(head, "Content-Type: "+contentType+"\r\n"...)
		}
		head = append(appendContentRange(append(head, "Content-Range: "...), r, size), "\r\n\r\n"...)
		segments = append(segments, segment{text: head}, segment{from: r.first, to: r.last + 1})
	}
	return append(segments, segment{text: []byte("\r\n--" + boundary + "--\r\n")})
}
