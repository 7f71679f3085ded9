// Package s3local runs S3 regions inside the process, on loopback, for the
// demo and for tests. They speak enough of S3's protocol, path-style, that the
// real AWS SDK cannot tell, they replicate as S3 does, and they break on
// command. It is a fake: what it proves about S3 is only as true as its
// reading of S3's documentation, so the contract suite also runs against a
// real server.
//
// The story of a cluster:
//
//  1. [Start] gives every region a port of its own and a bucket that keeps
//     versions. One region is the source, the others are replicas.
//  2. [Cluster.Put] and [Cluster.Delete], or a PUT or DELETE over HTTP, write
//     at the source. Each write becomes a version, a delete becomes a delete
//     marker.
//  3. The replicator brings it to the replicas after the lag, in order for
//     each key, with the source's version id, ETag and Last-Modified. Until
//     then the source says PENDING, afterwards COMPLETED; the copy says
//     REPLICA. Faults do not touch it: they are trouble on the way to a
//     client, not inside S3.
//  4. [Cluster.Promote] makes another region the source. Versions stay in the
//     order in which they were written, wherever they were written and
//     whenever they arrive.
//
// The story of a request:
//
//  1. It is parsed from the request line as it came, because a key may hold
//     what a URL library would tidy up, entered in the region's log, and
//     counted ([Region.Counts]).
//  2. It waits out the region's latency ([Region.SetLatency]). Only then is
//     the bucket looked at.
//  3. The region's fault ([Region.SetFault]) may answer in its place, or keep
//     it from being answered. A request that meets [FaultDark] hangs until its
//     client leaves or the cluster closes, even when the region has healed.
//  4. Preconditions decide before the range does, as in S3.
//  5. The body leaves in modest chunks. Before each one the request looks at
//     the fault again and waits for its share of the region's rate
//     ([Region.SetRate]), so that a change reaches a body under way.
package s3local
