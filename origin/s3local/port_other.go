//go:build !linux

package s3local

// holdPort leaves the choice of the port to the first listen. Nobody keeps it
// while the region does not listen.
func holdPort() (addr string, release func(), err error) {
	return "127.0.0.1:0", func() {}, nil
}
