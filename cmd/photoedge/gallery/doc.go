// Package gallery is the demo's page: photos that come through the edge, the
// regions behind it, and buttons to break them.
//
// The story of a visit:
//
//  1. GET / is the page, with every album and photo in it (page.go). Photos are
//     loaded from the edge, everything else from here.
//  2. GET /events tells the state several times a second (events.go). The page
//     shows it: regions, outcomes, cache. GET /state tells it once.
//  3. POST /regions/{name}/fault breaks or heals a region (fault.go).
//
// The page asks for photos as <img>, never by fetch, so the edge needs no CORS.
// To get past the browser's own cache it adds ?r=N, which is no part of the key
// as long as the site ignores queries.
package gallery
