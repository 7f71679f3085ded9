// Package proxy is the edge: it takes requests off the wire, answers them from
// the cache, and fills the cache from the origin. It is the only package that
// knows both.
//
// The way of a request, each step one call further down:
//
//  1. [Server] reads it off a connection and calls [Handler.ServeFastHTTP].
//  2. parse (request.go, key.go) turns it into a request of ours: method,
//     site, cache key. What cannot be parsed ends here with a 4xx.
//  3. The store is asked for the entry, and its lifetime says fresh, stale but
//     usable, or must be validated (package cache, a pure function).
//  4. Fresh: respond.go sends it, with a 304 where conditional.go says so.
//     That is the hot path: no goroutine, no lock of ours, no allocation.
//  5. Stale but usable: it is sent, and a fill refreshes it in the background.
//  6. Otherwise the request joins the key's fill (fills.go) or starts it. The
//     fill (fill.go) runs by itself, outliving the client that started it,
//     asks the origin, and publishes the body as it grows; stream.go sends it
//     to each follower at the follower's own pace.
//  7. When the last byte is in and checked, the fill stores the entry and
//     leaves the table: whoever comes later finds the one or the other.
//  8. When no region answered: a stale entry if its window allows, else an
//     honest error.
package proxy
