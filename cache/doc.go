// Package cache keeps whole photos in memory and knows how long each may be
// used. It knows nothing of S3 and nothing of HTTP serving: bytes and header
// fields come in, immutable entries go out.
//
// The story of an entry:
//
//  1. A fill has brought the last byte of an object. Its header fields and the
//     site's policy go through [NewLifetime], a pure function of RFC 9111,
//     which says whether the answer may be kept, until when it is fresh, and
//     until when it may be served stale.
//  2. [NewEntry] joins key, fields, body and lifetime. From here on the entry
//     never changes; any number of requests may read it, and its memory is
//     freed by the collector when the last of them lets go.
//  3. [Store.Put] decides by size, then hands the entry to ristretto, which
//     decides by frequency. When Put returns, the decision has been made and
//     the entry, if it was admitted, is visible to every [Store.Get].
//  4. A request asks [Store.Get] and then [Lifetime.State] at its own time: it
//     is fresh, stale but usable, or must be validated.
//  5. A validation that finds the object unchanged makes a new entry around the
//     same body ([Entry.Refresh]); nothing is changed in place.
//
// The package is bounded by [Options.Memory]: the sum of all entries' costs,
// where a cost counts the body as allocated, the header fields, the key and
// the bookkeeping.
package cache
