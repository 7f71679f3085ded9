// Package origin fetches objects from S3 in several regions and hides which of
// them answered. It knows nothing of caching and nothing of HTTP serving.
//
// The story of a fetch:
//
//  1. [Router.Fetch] takes the regions of a site in order of measured nearness,
//     those whose circuit breaker is closed first.
//  2. One region is asked once by [Region.attempt]: the breaker must let it
//     through, a connection slot must be free, and the first byte must come
//     within the first-byte timeout and the deadline over all attempts.
//  3. The SDK's answer or error is classified into a [Kind], here and nowhere
//     else ([classify]). Found and not-modified are answers. Not-found is an
//     answer only from the source; a replica's costs one question to the
//     source. The other kinds send the router to the next region.
//  4. The answer's body ([Response.Body]) watches for stalls, counts bytes and
//     fails when they are not exactly what was promised; the SDK verifies the
//     checksum at the end. Only then is success reported to the breaker,
//     because a body can stall or break after its header came.
//  5. What was measured (time to first byte) goes into the region's nearness.
//     A region that nobody asks is probed, and so is one whose breaker is half
//     open: visitors do not wait on a region that may be dead.
package origin
