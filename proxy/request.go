package proxy

import (
	"bytes"
	"sync"
	"time"

	"github.com/valyala/fasthttp"

	"photoedge/cache"
)

// request is a client's request as far as we look at it. Its bytes belong to
// the request context or to the pool: nothing of it may outlive the handler
// unless copied.
type request struct {
	site *Site
	head bool
	// key is the cache key: site, object key, chosen query, apart by keyEnd.
	key []byte
	// objectAt and objectTo bound the object key within key.
	objectAt, objectTo int
	now                time.Time
	scratch            []byte // for header values
	// validate: the client insists that the origin is asked.
	validate bool
}

// objectKey copies the object's key.
func (r *request) objectKey() string { return string(r.key[r.objectAt:r.objectTo]) }

var requests = sync.Pool{New: func() any { return &request{key: make([]byte, 0, 2*maxKey), scratch: make([]byte, 0, 256)} }}

func acquireRequest(now time.Time) *request {
	r := requests.Get().(*request) //nolint:forcetypeassert // the pool holds nothing else
	r.now = now
	return r
}

func releaseRequest(r *request) {
	*r = request{key: r.key[:0], scratch: r.scratch[:0]}
	requests.Put(r)
}

// refusal is why a request ends before any object is looked for.
type refusal uint8

const (
	accepted refusal = iota
	// answeredOptions is no refusal: OPTIONS is answered without an object.
	answeredOptions
	refusedMethod
	refusedHost
	refusedKey
	refusedEmptyKey
	refusedUnreadable
	refusedLargeHeader
	refusedLargeBody
	refusedSlow
	refusedNotCached
)

// status is the refusal's HTTP status.
func (r refusal) status() int {
	return [...]int{
		fasthttp.StatusOK, fasthttp.StatusNoContent, fasthttp.StatusMethodNotAllowed,
		fasthttp.StatusMisdirectedRequest, fasthttp.StatusBadRequest, fasthttp.StatusNotFound,
		fasthttp.StatusBadRequest, fasthttp.StatusRequestHeaderFieldsTooLarge,
		fasthttp.StatusRequestEntityTooLarge, fasthttp.StatusRequestTimeout,
		fasthttp.StatusGatewayTimeout,
	}[r]
}

// String is what the client is told.
func (r refusal) String() string {
	return [...]string{
		"", "", "this method is not allowed here; use GET or HEAD",
		"this host is not served here", "the path is no valid object key", noSuchObject,
		"the request cannot be read", "the request header is too large",
		"the request body is too large", "the request did not arrive in time",
		"only-if-cached: the object is not in memory",
	}[r]
}

const noSuchObject = "no such object"

const allowed = "GET, HEAD, OPTIONS"

// parse fills r from ctx, or says why not.
func (h *Handler) parse(ctx *fasthttp.RequestCtx, r *request) refusal {
	host, path, query, ok := splitTarget(ctx.Request.Header.RequestURI(), ctx.Request.Header.Host())
	if !ok {
		return refusedUnreadable
	}
	if r.site = h.sites.find(host, r.scratch); r.site == nil {
		return refusedHost
	}
	switch {
	case ctx.IsOptions():
		return answeredOptions
	case ctx.IsGet():
	case ctx.IsHead():
		r.head = true
	default:
		return refusedMethod
	}
	r.key = append(append(r.key[:0], r.site.Name...), keyEnd)
	r.objectAt = len(r.key)
	if r.key, ok = appendObjectKey(r.key, r.site.Prefix, path); !ok {
		return refusedKey
	}
	if r.objectTo = len(r.key); r.objectTo == r.objectAt+len(r.site.Prefix) {
		return refusedEmptyKey
	}
	r.key = appendQuery(r.key, &r.site.Query, query)
	return accepted
}

// splitTarget splits a request target as RFC 9112 §3.2 has it: the origin form
// /path?query, or the absolute form, whose host counts before the Host field's.
// fasthttp's own reading folds and decodes paths, and takes one that begins
// with two slashes for a host, so that two keys would be one.
func splitTarget(target, hostField []byte) (host, path, query []byte, ok bool) {
	host = hostField
	if len(target) == 0 {
		return nil, nil, nil, false
	}
	if target[0] != '/' {
		scheme, rest, found := bytes.Cut(target, []byte("://"))
		if !found || !bytes.EqualFold(scheme, []byte("http")) && !bytes.EqualFold(scheme, []byte("https")) {
			return nil, nil, nil, false
		}
		end := bytes.IndexAny(rest, "/?")
		if end < 0 {
			end = len(rest)
		}
		if host, target = rest[:end], rest[end:]; len(target) == 0 || target[0] == '?' {
			return host, []byte("/"), bytes.TrimPrefix(target, []byte("?")), true
		}
	}
	path, query, _ = bytes.Cut(target, []byte("?"))
	return host, path, query, true
}

// stateOf says what may be done with entry for this request: what its lifetime
// says, unless the site honours the client's own directives.
func (r *request) stateOf(ctx *fasthttp.RequestCtx, entry *cache.Entry) cache.State {
	now := r.now.UnixNano()
	if !r.site.HonorClient {
		return entry.Lifetime.State(now)
	}
	d := clientDirectives(ctx)
	state := entry.Lifetime.StateFor(now, &d)
	r.validate = state == cache.MustValidate
	return state
}

// clientDirectives reads Cache-Control, or Pragma where there is none
// (RFC 9111 §5.4).
func clientDirectives(ctx *fasthttp.RequestCtx) cache.Directives {
	control := ctx.Request.Header.PeekAll(fasthttp.HeaderCacheControl)
	if len(control) == 0 {
		control = ctx.Request.Header.PeekAll(fasthttp.HeaderPragma)
	}
	return cache.ParseDirectives(control...)
}

// onlyIfCached is heard on every site: it spares the origin.
func (r *request) onlyIfCached(ctx *fasthttp.RequestCtx) bool {
	control := ctx.Request.Header.PeekAll(fasthttp.HeaderCacheControl)
	if len(control) == 0 {
		return false
	}
	d := cache.ParseDirectives(control...)
	return d.OnlyIfCached
}
