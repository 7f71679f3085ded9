package origin_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"photoedge/origin"
	"photoedge/origin/s3local"
	"photoedge/origin/s3test"
)

// world is a source and a replica of some S3, with what a test may do to them.
// The contract suite runs against every one there is.
type world struct {
	source, replica origin.RegionOptions
	// put writes at the source; it is not on the replica until replicate.
	put       func(t *testing.T, key string, body []byte, contentType, cacheControl string)
	replicate func(t *testing.T, key string)
	remove    func(t *testing.T, key string) // at the source
	// setDark makes a region accept and never answer, or answer again.
	setDark func(t *testing.T, source, dark bool)
}

func worlds() map[string]func(t *testing.T) *world {
	return map[string]func(t *testing.T) *world{"s3local": localWorld, "versitygw": gatewayWorld}
}

func localWorld(t *testing.T) *world {
	t.Helper()
	// Replication never happens by itself: the lag is longer than any test.
	cluster, err := s3local.Start(s3local.Options{Lag: 24 * time.Hour, Regions: []s3local.RegionOptions{
		{Name: "near", Bucket: "photos-near", Role: s3local.Source},
		{Name: "far", Bucket: "photos-far", Role: s3local.Replica},
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cluster.Close()) })
	source, replica := cluster.Region("near"), cluster.Region("far")
	options := func(r *s3local.Region, role origin.Role) origin.RegionOptions {
		return origin.RegionOptions{
			Name: r.Name(), Bucket: r.Bucket(), Role: role, Endpoint: r.Endpoint(), PathStyle: true, Anonymous: true,
		}
	}
	type object struct {
		body []byte
		meta s3local.Metadata
	}
	written := map[string]object{}
	return &world{
		source: options(source, origin.Source), replica: options(replica, origin.Replica),
		put: func(_ *testing.T, key string, body []byte, contentType, cacheControl string) {
			o := object{body, s3local.Metadata{ContentType: contentType, CacheControl: cacheControl}}
			written[key] = o
			source.Put(key, o.body, o.meta)
		},
		replicate: func(_ *testing.T, key string) { replica.Put(key, written[key].body, written[key].meta) },
		remove:    func(_ *testing.T, key string) { source.Delete(key) },
		setDark: func(_ *testing.T, isSource, dark bool) {
			r, fault := replica, s3local.Fault{}
			if isSource {
				r = source
			}
			if dark {
				fault.Mode = s3local.FaultDark
			}
			r.SetFault(fault)
		},
	}
}

func gatewayWorld(t *testing.T) *world {
	t.Helper()
	source := s3test.StartRegion(t, s3test.RegionOptions{Name: "us-east-1", Bucket: "photos-near"})
	replica := s3test.StartRegion(t, s3test.RegionOptions{Name: "us-west-2", Bucket: "photos-far"})
	t.Setenv("AWS_ACCESS_KEY_ID", source.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", source.SecretKey)
	options := func(name string, r *s3test.Region, role origin.Role) origin.RegionOptions {
		return origin.RegionOptions{
			Name: name, Bucket: r.Bucket, Role: role, Endpoint: r.Endpoint, SigningRegion: r.SigningRegion, PathStyle: true,
		}
	}
	return &world{
		source: options("near", source, origin.Source), replica: options("far", replica, origin.Replica),
		put: func(t *testing.T, key string, body []byte, contentType, cacheControl string) {
			t.Helper()
			source.Put(key, body, s3test.PutOptions{ContentType: contentType, CacheControl: cacheControl})
		},
		replicate: func(t *testing.T, key string) { t.Helper(); replica.CopyFrom(source, key) },
		remove:    func(t *testing.T, key string) { t.Helper(); source.Delete(key) },
		setDark: func(t *testing.T, isSource, dark bool) {
			t.Helper()
			r := replica
			if isSource {
				r = source
			}
			if dark {
				r.Pause()
				return
			}
			r.Resume()
		},
	}
}

// quick are timings for tests that provoke timeouts: short where the timeout
// is wanted, generous where it would only mean a busy machine.
func quick() origin.Timing {
	return origin.Timing{
		ConnectTimeout: 5 * time.Second, FirstByteTimeout: 5 * time.Second, StallTimeout: 5 * time.Second,
		Deadline: 20 * time.Second, ProbeInterval: time.Hour,
	}
}

func newRouter(t *testing.T, timing origin.Timing, breaker origin.BreakerSettings, regions ...origin.RegionOptions) *origin.Router {
	t.Helper()
	r, err := origin.NewRouter(t.Context(), origin.Options{Regions: regions, Timing: timing, Breaker: breaker})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return r
}

// fetched is a response read to its end.
type fetched struct {
	*origin.Response
	body []byte
}

func fetch(t *testing.T, r *origin.Router, req origin.Request) (fetched, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	resp, err := r.Fetch(ctx, req)
	if err != nil {
		return fetched{}, err
	}
	if resp.Body == nil {
		return fetched{Response: resp}, nil
	}
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, resp.Body.Close())
	return fetched{resp, body}, err
}

func pattern(n int) []byte {
	b := make([]byte, n)
	x := uint32(n) + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}
