package proxy

import (
	"context"

	"github.com/valyala/fasthttp"

	"photoedge/cache"
	"photoedge/origin"
)

// bypass fetches for one client alone and keeps nothing: the answer of the
// fill it joined may not be shared, or does not fit into memory.
func (h *Handler) bypass(ctx *fasthttp.RequestCtx, r *request) {
	fetchCtx, cancel := context.WithCancelCause(h.fills.ctx)
	resp, err := r.site.Origin.Fetch(fetchCtx, origin.Request{Key: r.objectKey()})
	if err != nil {
		cancel(nil)
		h.sendFailure(ctx, r, err)
		return
	}
	fields := storedFields(resp.Header, r.site, resp.AnswerTime)
	head := &cache.Entry{
		Fields: fields, Region: resp.Region, Lifetime: lifetimeOf(resp, fields, r.site),
		Version: cache.Version{ETag: resp.ETag, ID: resp.VersionID, LastModified: resp.LastModified},
	}
	h.sendAlone(ctx, r, head, resp, cancel)
}

// sendAlone sends a body that is not shared. done frees the fetch's context
// after the body has been closed.
func (h *Handler) sendAlone(ctx *fasthttp.RequestCtx, r *request, head *cache.Entry, resp *origin.Response, done context.CancelCauseFunc) {
	body := &aloneBody{src: resp.Body, done: done, conn: ctx.Conn(), cut: h.countCut}
	if resp.Size < 0 {
		// Chunked: the framing is fasthttp's, so the bytes go through it.
		body.conn = nil
	}
	h.send(ctx, r, answer{entry: head, size: resp.Size, outcome: OutcomeBypass, alone: body})
}
