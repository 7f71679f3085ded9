package proxy

import (
	"sync"
	"time"

	"github.com/valyala/fasthttp"
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

// refusal is a request that ends before any object is looked for.
type refusal struct {
	status  int
	message string
	allow   bool // send Allow
}

var (
	refuseMethod  = &refusal{fasthttp.StatusMethodNotAllowed, "this method is not allowed here; use GET or HEAD", true}
	refuseHost    = &refusal{fasthttp.StatusMisdirectedRequest, "this host is not served here", false}
	refuseKey     = &refusal{fasthttp.StatusBadRequest, "the path is no valid object key", false}
	answerOptions = &refusal{fasthttp.StatusNoContent, "", true}
	refuseEmpty   = &refusal{fasthttp.StatusNotFound, "no such object", false}
)

const allowed = "GET, HEAD, OPTIONS"

// parse fills r from ctx, or says why not.
func (h *Handler) parse(ctx *fasthttp.RequestCtx, r *request) *refusal {
	if r.site = h.sites.find(ctx.Request.Header.Host(), r.scratch); r.site == nil {
		return refuseHost
	}
	switch {
	case ctx.IsOptions():
		return answerOptions
	case ctx.IsGet():
	case ctx.IsHead():
		r.head = true
	default:
		return refuseMethod
	}
	uri := ctx.URI()
	r.key = append(append(r.key[:0], r.site.Name...), keyEnd)
	r.objectAt = len(r.key)
	var ok bool
	if r.key, ok = appendObjectKey(r.key, r.site.Prefix, uri.PathOriginal()); !ok {
		return refuseKey
	}
	if r.objectTo = len(r.key); r.objectTo == r.objectAt+len(r.site.Prefix) {
		return refuseEmpty
	}
	r.key = appendQuery(r.key, &r.site.Query, uri.QueryString())
	return nil
}
