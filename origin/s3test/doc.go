// Package s3test runs real S3 servers for the tests: one versitygw process is
// one region. It is imported by tests only and needs Linux, whose signals,
// file locks and extended attributes it leans on.
//
// The story of a region:
//
//  1. [BuildVersitygw] builds the server from the source pinned in the module
//     file of the folder versitygw beside this package, once per machine; later
//     test processes find the binary in the user's cache. The server's own
//     dependencies never enter the module file of photoedge.
//  2. [StartRegion] runs it on a loopback port and a folder of the test, waits
//     until it answers, and creates a bucket that keeps versions.
//  3. The test writes with [Region.Put] and [Region.Delete], and plays the
//     replication with [Region.CopyFrom]: a replica gets an object when the
//     test says so, with the source's version id, ETag and Last-Modified, as
//     S3 replication does it.
//  4. It makes trouble: [Region.Stop] refuses connections, [Region.Pause]
//     accepts them and never answers. [Region.Restart] and [Region.Resume] end
//     it, on the same address and with the same objects.
//  5. When the test ends, the process is killed, whatever state it is in, and
//     its output is printed if the test failed.
package s3test
