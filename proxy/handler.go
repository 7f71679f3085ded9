package proxy

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/valyala/fasthttp"

	"photoedge/cache"
	"photoedge/origin"
)

// Options make a Handler.
type Options struct {
	// Sites that are served. At least one.
	Sites []Site
	// Store keeps the entries. Required; the caller closes it after Close.
	Store *cache.Store
	// FillMemory bounds the buffers of all fills under way, in bytes. What
	// does not fit streams through without being kept. Zero: 512 MiB.
	FillMemory int64
	// Log gets failures of regions and panics. Nil: nothing is logged.
	Log *slog.Logger
}

const defaultFillMemory = 512 << 20

// Handler answers requests for photos. Safe for concurrent use.
type Handler struct {
	sites    *sites
	store    *cache.Store
	fills    *fills
	counters Counters
	log      *slog.Logger
	// instance makes request ids of different processes differ.
	instance uint64
}

// NewHandler checks opts and returns a handler, which must be closed.
func NewHandler(opts Options) (*Handler, error) {
	if opts.Store == nil {
		return nil, errors.New("proxy: no store")
	}
	if opts.FillMemory < 0 {
		return nil, fmt.Errorf("proxy: fill memory is %d bytes, must not be negative", opts.FillMemory)
	}
	if opts.FillMemory == 0 {
		opts.FillMemory = defaultFillMemory
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	sites, err := newSites(opts.Sites)
	if err != nil {
		return nil, err
	}
	h := &Handler{sites: sites, store: opts.Store, log: opts.Log, instance: rand.Uint64()}
	h.fills = newFills(opts.Store, opts.FillMemory, &h.counters.panics)
	return h, nil
}

// Close ends the fills under way and waits for them. Requests still being
// answered from them are cut: drain the server first.
func (h *Handler) Close() { h.fills.close() }

// Counters returns what was counted so far.
func (h *Handler) Counters() Snapshot { return h.counters.Snapshot() }

// Fills returns the number of fills under way and the bytes of their buffers.
func (h *Handler) Fills() (count int, bytes int64) {
	return h.fills.count(), h.fills.budget.used.Load()
}

// Followers returns how many requests wait for or follow the fill of a site's
// object (as far as no query is part of its key); 0 when there is none.
func (h *Handler) Followers(site, object string) int {
	return h.fills.followers(site + string(rune(keyEnd)) + object)
}

// ServeFastHTTP answers one request. It is the way of a request that the
// package comment tells.
func (h *Handler) ServeFastHTTP(ctx *fasthttp.RequestCtx) {
	r := acquireRequest(time.Now())
	defer releaseRequest(r)
	defer h.recoverPanic(ctx, r)

	if why := h.parse(ctx, r); why != accepted {
		h.refuse(ctx, r, why)
		return
	}
	entry := h.store.Get(r.key)
	if entry == nil {
		h.serveFill(ctx, r, nil)
		return
	}
	switch r.stateOf(ctx, entry) {
	case cache.Fresh:
		h.send(ctx, r, answer{entry: entry, size: entry.Size, outcome: hitOutcome(entry)})
	case cache.StaleUsable:
		h.fills.refresh(r.wants(), entry)
		h.send(ctx, r, answer{entry: entry, size: entry.Size, outcome: OutcomeStale})
	default:
		h.serveFill(ctx, r, entry)
	}
}

func hitOutcome(e *cache.Entry) Outcome {
	if e.Status == cache.StatusNotFound {
		return OutcomeNegative
	}
	return OutcomeHit
}

// serveFill answers from the key's fill, joining or starting it.
func (h *Handler) serveFill(ctx *fasthttp.RequestCtx, r *request, stale *cache.Entry) {
	if r.onlyIfCached(ctx) {
		h.refuse(ctx, r, refusedNotCached) // RFC 9111 §5.2.1.7
		return
	}
	f, p, entry := h.fills.join(r.wants(), stale)
	if entry != nil {
		h.send(ctx, r, answer{entry: entry, size: entry.Size, outcome: hitOutcome(entry)})
		return
	}
	a := answer{outcome: OutcomeFollow, stale: stale != nil}
	if p == partLeader {
		a.outcome = OutcomeMiss
	}
	switch f.await() {
	case phaseStreaming:
		a.entry, a.size, a.src = f.head, int64(len(f.buf)), f
		h.send(ctx, r, a)
	case phaseSettled:
		if f.unchanged {
			a.outcome = OutcomeRevalidated
		}
		a.entry, a.size = f.entry, f.entry.Size
		f.leave()
		h.send(ctx, r, a)
	case phaseAlone:
		resp := f.takeAlone()
		f.leave()
		if p == partLeader && resp != nil {
			h.sendAlone(ctx, r, f.head, resp, f.cancel)
			return
		}
		h.bypass(ctx, r)
	default:
		f.leave()
		h.serveFailed(ctx, r, stale, f.err)
	}
}

// serveFailed answers when no region did: stale where that is allowed.
func (h *Handler) serveFailed(ctx *fasthttp.RequestCtx, r *request, stale *cache.Entry, err error) {
	if stale != nil && stale.Status == cache.StatusFound && stale.Lifetime.UsableOnError(r.now.UnixNano()) {
		h.send(ctx, r, answer{entry: stale, size: stale.Size, outcome: OutcomeStaleError})
		return
	}
	h.sendFailure(ctx, r, err)
}

// recoverPanic turns a handler's panic into a 500 that takes nothing down.
func (h *Handler) recoverPanic(ctx *fasthttp.RequestCtx, r *request) {
	p := recover()
	if p == nil {
		return
	}
	h.counters.panics.Add(1)
	h.counters.count(OutcomeError)
	h.log.LogAttrs(ctx, slog.LevelError, "handler panicked",
		slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
	ctx.Response.Reset()
	h.plain(ctx, r, fasthttp.StatusInternalServerError, "internal error")
	ctx.SetConnectionClose()
}

// requestID tells one request from all others, here and in other processes.
func (h *Handler) requestID(ctx *fasthttp.RequestCtx) string {
	id := strconv.AppendUint(nil, h.instance, 36)
	id = append(id, '-')
	return string(strconv.AppendUint(id, ctx.ID(), 36))
}

func asOriginError(err error) (*origin.Error, bool) { return errors.AsType[*origin.Error](err) }
