package proxy

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"photoedge/cache"
	"photoedge/origin"
)

const (
	fieldAge         = "Age"
	fieldCacheStatus = "Cache-Status"
	fieldVia         = "Via"
	fieldDate        = "Date"
	fieldRetryAfter  = "Retry-After"
	fieldAllow       = "Allow"
	fieldRequestID   = "X-Request-Id"

	fieldContentRange = "Content-Range"

	via       = "1.1 photoedge"
	plainText = "text/plain; charset=utf-8"
)

// answer is what is known of a response before its body: the entry (perhaps
// still without body) and how it came about.
type answer struct {
	entry   *cache.Entry
	size    int64
	outcome Outcome
	// src the body comes from; nil: entry.Body, or alone.
	src source
	// alone is a body that is not shared, straight from the origin.
	alone *aloneBody
	// stale: an entry was there but had to be validated.
	stale bool
}

// streamAbove is the size from which a complete body is sent in chunks, each
// with a write deadline of its own, instead of in one write.
const streamAbove = 1 << 20

// send answers with a found object: conditions first, then ranges, then the
// body (RFC 9110 §13.2.2). It counts the outcome.
func (h *Handler) send(ctx *fasthttp.RequestCtx, r *request, a answer) {
	h.counters.count(a.outcome)
	if a.entry.Status == cache.StatusNotFound {
		h.sendAbsent(ctx, r, a)
		return
	}
	if !r.site.serves(a.entry.Field("Content-Type")) {
		a.release()
		h.plain(ctx, r, fasthttp.StatusForbidden, "objects of this type are not served here")
		return
	}
	conds := conditionsOf(&ctx.Request.Header)
	switch conds.evaluate(&a.entry.Version) {
	case preconditionFailed:
		a.release()
		h.plain(ctx, r, fasthttp.StatusPreconditionFailed, "the object is not the one that was named")
		return
	case notModified:
		a.release()
		ctx.SetStatusCode(fasthttp.StatusNotModified)
		h.sendFields(ctx, r, &a, withoutRepresentation)
		return
	}
	ranges, result := rangesOf(ctx, r, &a)
	switch result {
	case rangeUnsatisfiable:
		a.release()
		h.plain(ctx, r, fasthttp.StatusRequestedRangeNotSatisfiable, "the range lies beyond the object")
		ctx.Response.Header.SetBytesV(fieldContentRange, appendUnsatisfied(nil, a.size))
	case rangePartial:
		h.sendFields(ctx, r, &a, withRepresentation)
		h.sendRanges(ctx, r, &a, ranges)
	default:
		h.sendFields(ctx, r, &a, withRepresentation)
		h.sendWhole(ctx, r, &a)
	}
}

// rangesOf evaluates Range and If-Range. Only GET knows ranges (RFC 9110
// §14.2), and a body that is not shared is sent whole.
func rangesOf(ctx *fasthttp.RequestCtx, r *request, a *answer) ([]byteRange, rangeResult) {
	value := ctx.Request.Header.Peek(fasthttp.HeaderRange)
	if len(value) == 0 || r.head || a.alone != nil {
		return nil, rangeIgnored
	}
	if !rangeStands(ctx.Request.Header.Peek(fasthttp.HeaderIfRange), a.entry) {
		return nil, rangeIgnored
	}
	return parseRange(value, a.size)
}

// representation says whether fields describe a body that is sent.
type representation uint8

const (
	withRepresentation representation = iota
	// withoutRepresentation leaves out what a 304 should not repeat (RFC 9110
	// §15.4.5).
	withoutRepresentation
)

// sendFields writes the entry's fields and those of this answer.
func (h *Handler) sendFields(ctx *fasthttp.RequestCtx, r *request, a *answer, rep representation) {
	header := &ctx.Response.Header
	for i := range a.entry.Fields {
		f := &a.entry.Fields[i]
		switch {
		case rep == withoutRepresentation && bytes.HasPrefix(f.Name, []byte("Content-")):
		case string(f.Name) == fieldDate:
			setDate(header, f.Value)
		default:
			header.AddBytesKV(f.Name, f.Value)
		}
	}
	if a.alone == nil && rep == withRepresentation {
		header.Set(fasthttp.HeaderAcceptRanges, "bytes")
	}
	r.site.addCORS(ctx)
	h.stamp(ctx, r, a)
	setWriteDeadline(ctx, r, a)
}

func (h *Handler) sendWhole(ctx *fasthttp.RequestCtx, r *request, a *answer) {
	switch {
	case r.head:
		ctx.Response.SkipBody = true
		ctx.Response.Header.SetContentLength(int(a.size))
		a.release()
	case a.alone != nil:
		ctx.Response.ImmediateHeaderFlush = true
		ctx.SetBodyStream(a.alone, int(a.size))
	case a.src != nil || a.size > streamAbove:
		h.stream(ctx, r, a, a.size, []segment{{from: 0, to: a.size}})
	default:
		ctx.Response.SetBodyRaw(a.entry.Body)
	}
}

// stream sends segments of the object, length bytes in all.
func (h *Handler) stream(ctx *fasthttp.RequestCtx, r *request, a *answer, length int64, segments []segment) {
	src := a.src
	switch {
	case src != nil:
	case a.entry.Status == cache.StatusLarge:
		src = h.newSlicedBody(r, a.entry, segments)
	default:
		src = entrySource{a.entry}
	}
	ctx.Response.ImmediateHeaderFlush = true
	ctx.SetBodyStream(&sharedBody{src: src, segments: segments, conn: ctx.Conn(), cut: h.countCut}, int(length))
}

// setWriteDeadline bounds the sending of a whole body; a streamed one gets a
// deadline with each chunk, and here only one for its header.
func setWriteDeadline(ctx *fasthttp.RequestCtx, r *request, a *answer) {
	conn := ctx.Conn()
	if conn == nil {
		return
	}
	now := r.now
	if a.outcome != OutcomeHit {
		now = time.Now() // it may have waited for a region
	}
	_ = conn.SetWriteDeadline(writeDeadline(now, min(a.size, streamAbove))) // fails only on a closed connection
}

// release lets go of a body that is not wanted.
func (a *answer) release() {
	if a.src != nil {
		a.src.close()
	}
	if a.alone != nil {
		_ = a.alone.Close()
	}
}

func (h *Handler) countCut() { h.counters.cut.Add(1) }

// stamp adds what belongs to this answer, not to the entry: Age, Via and
// Cache-Status.
func (h *Handler) stamp(ctx *fasthttp.RequestCtx, r *request, a *answer) {
	header, now := &ctx.Response.Header, r.now.UnixNano()
	age := a.entry.Lifetime.Age(now)
	if age > 0 || a.outcome == OutcomeHit || a.outcome == OutcomeStale || a.outcome == OutcomeStaleError {
		r.scratch = strconv.AppendInt(r.scratch[:0], age, 10)
		header.SetBytesV(fieldAge, r.scratch)
	}
	header.Set(fieldVia, via)
	r.scratch = appendCacheStatus(r.scratch[:0], a, now)
	header.SetBytesV(fieldCacheStatus, r.scratch)
}

// appendCacheStatus writes RFC 9211's account of what happened.
func appendCacheStatus(dst []byte, a *answer, now int64) []byte {
	dst = append(dst, "photoedge"...)
	switch a.outcome {
	case OutcomeHit, OutcomeStale, OutcomeNegative, OutcomeStaleError:
		dst = append(dst, "; hit; ttl="...)
		dst = strconv.AppendInt(dst, a.entry.Lifetime.TTL(now), 10)
		if a.outcome == OutcomeStaleError {
			dst = append(dst, "; detail=stale-error"...)
		}
		return dst
	case OutcomeRevalidated:
		dst = append(dst, "; fwd=stale; fwd-status=304; ttl="...)
		dst = strconv.AppendInt(dst, a.entry.Lifetime.TTL(now), 10)
	default:
		dst = append(dst, "; fwd="...)
		if a.stale {
			dst = append(dst, "stale"...)
		} else {
			dst = append(dst, "miss"...)
		}
		dst = append(dst, "; fwd-status="...)
		dst = strconv.AppendInt(dst, int64(statusOf(a.entry)), 10)
		if a.outcome != OutcomeBypass && a.entry.Lifetime.Storable {
			dst = append(dst, "; stored"...)
		}
		if a.outcome == OutcomeFollow {
			dst = append(dst, "; collapsed"...)
		}
	}
	if a.entry.Region != "" {
		dst = append(dst, "; detail="...)
		dst = appendToken(dst, a.entry.Region)
	}
	return dst
}

func statusOf(e *cache.Entry) int {
	if e.Status == cache.StatusNotFound {
		return fasthttp.StatusNotFound
	}
	return fasthttp.StatusOK
}

// appendToken writes s as a structured-field token where it is one, else as a
// string (RFC 9651 §3.3.4, §3.3.3).
func appendToken(dst []byte, s string) []byte {
	token := s != "" && (s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z')
	for i := 0; i < len(s) && token; i++ {
		c := s[i]
		token = c == '-' || c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	if token {
		return append(dst, s...)
	}
	return strconv.AppendQuoteToASCII(dst, s)
}

// sendAbsent answers with the authority's "not found".
func (h *Handler) sendAbsent(ctx *fasthttp.RequestCtx, r *request, a answer) {
	a.release()
	h.plain(ctx, r, fasthttp.StatusNotFound, noSuchObject)
	h.stamp(ctx, r, &a)
}

// sendFailure turns an origin error into an honest status; it is the one place
// that does.
func (h *Handler) sendFailure(ctx *fasthttp.RequestCtx, r *request, err error) {
	h.counters.count(OutcomeError)
	kind := origin.KindOf(err)
	h.log.LogAttrs(ctx, levelOf(kind), "no region answered",
		slogKey(r.objectKey()), slogSite(r.site.Name), slogKind(kind), slogError(err))
	switch kind {
	case origin.KindNotFound:
		h.plain(ctx, r, fasthttp.StatusNotFound, noSuchObject)
	case origin.KindDenied, origin.KindArchived:
		h.plain(ctx, r, fasthttp.StatusForbidden, "this object may not be read")
	default:
		h.plain(ctx, r, fasthttp.StatusServiceUnavailable, "the object cannot be fetched just now; try again later")
		ctx.Response.Header.Set(fieldRetryAfter, strconv.Itoa(retryAfter(err)))
	}
	ctx.Response.Header.Set(fieldCacheStatus, "photoedge; fwd=miss; detail="+kind.String())
}

// retryAfter is a whole number of seconds, at least one.
func retryAfter(err error) int {
	oe, ok := asOriginError(err)
	if !ok || oe.RetryAfter <= time.Second {
		return 1
	}
	return int((oe.RetryAfter + time.Second - 1) / time.Second)
}

// refuse answers a request that was wrong in itself.
func (h *Handler) refuse(ctx *fasthttp.RequestCtx, r *request, why refusal) {
	h.counters.count(OutcomeRefused)
	h.plain(ctx, r, why.status(), why.String())
	if why == refusedMethod || why == answeredOptions {
		ctx.Response.Header.Set(fieldAllow, allowed)
	}
	if why == answeredOptions {
		r.site.answerPreflight(ctx)
	}
}

// plain answers with a line of text and the request's id.
func (h *Handler) plain(ctx *fasthttp.RequestCtx, r *request, status int, message string) {
	ctx.ResetBody()
	ctx.SetStatusCode(status)
	if status != fasthttp.StatusNoContent {
		ctx.SetContentType(plainText)
	}
	id := h.requestID(ctx)
	header := &ctx.Response.Header
	header.Set(fieldRequestID, id)
	setDate(header, r.now.UTC().AppendFormat(nil, http.TimeFormat))
	header.Set(fieldVia, via)
	header.Set(fieldNoSniff, "nosniff")
	if r.site != nil {
		r.site.addCORS(ctx)
	}
	if status == fasthttp.StatusNoContent {
		return
	}
	ctx.Response.SkipBody = r.head
	ctx.SetBodyString(strconv.Itoa(status) + " " + message + "\nrequest " + id + "\n")
}
