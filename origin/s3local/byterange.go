package s3local

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// span is a part of a body, in bytes.
type span struct{ start, length int64 }

// contentRange is the part's Content-Range.
func (s span) contentRange(size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", s.start, s.start+s.length-1, size)
}

// rangeKind is what a Range field comes to.
type rangeKind int

const (
	rangeWhole         rangeKind = iota // it does not count
	rangePart                           // 206
	rangeUnsatisfiable                  // 416
)

// parseRange reads a Range with one range (RFC 9110 section 14.1.2). One that
// is malformed or has several ranges does not count, as in S3.
func parseRange(field string, size int64) (span, rangeKind) {
	spec, ok := strings.CutPrefix(field, "bytes=")
	from, to, dash := strings.Cut(strings.TrimSpace(spec), "-")
	if !ok || !dash || (from == "" && to == "") {
		return span{}, rangeWhole
	}
	if from == "" {
		return suffix(to, size)
	}
	first, ok := position(from)
	if !ok {
		return span{}, rangeWhole
	}
	last := int64(math.MaxInt64)
	if to != "" {
		if last, ok = position(to); !ok || last < first {
			return span{}, rangeWhole
		}
	}
	if first >= size {
		return span{}, rangeUnsatisfiable
	}
	last = min(last, size-1)
	return span{first, last - first + 1}, rangePart
}

func suffix(digits string, size int64) (span, rangeKind) {
	n, ok := position(digits)
	switch {
	case !ok:
		return span{}, rangeWhole
	case n == 0 || size == 0:
		return span{}, rangeUnsatisfiable
	}
	n = min(n, size)
	return span{size - n, n}, rangePart
}

// position reads digits. A number beyond int64 is beyond every body.
func position(digits string) (int64, bool) {
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return math.MaxInt64, true
	}
	return n, err == nil
}
