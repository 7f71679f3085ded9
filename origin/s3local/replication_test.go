package s3local_test

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"photoedge/origin/s3local"
)

const never = 24 * time.Hour

func TestStartSaysWhatToDo(t *testing.T) {
	src := s3local.RegionOptions{Name: "a", Bucket: "b"}
	with := func(f func(*s3local.RegionOptions)) s3local.RegionOptions { r := src; f(&r); return r }
	for want, opts := range map[string]s3local.Options{
		"no region is the source; give exactly one": {},
		"a, c are all sources; give all but one": {
			Regions: []s3local.RegionOptions{src, with(func(r *s3local.RegionOptions) { r.Name = "c" })},
		},
		`two regions are named "a"`: {
			Regions: []s3local.RegionOptions{src, with(func(r *s3local.RegionOptions) { r.Role = s3local.Replica })},
		},
		"no Name":         {Regions: []s3local.RegionOptions{{Bucket: "b"}}},
		"no Bucket":       {Regions: []s3local.RegionOptions{{Name: "a", Bucket: "x/y"}}},
		"7 is no Role":    {Regions: []s3local.RegionOptions{with(func(r *s3local.RegionOptions) { r.Role = 7 })}},
		"a Latency of -1": {Regions: []s3local.RegionOptions{with(func(r *s3local.RegionOptions) { r.Latency = -1 })}},
		"a Rate of -1":    {Regions: []s3local.RegionOptions{with(func(r *s3local.RegionOptions) { r.Rate = -1 })}},
		"a Lag of -1":     {Lag: -1, Regions: []s3local.RegionOptions{src}},
	} {
		_, err := s3local.Start(opts)
		assert.ErrorContains(t, err, want)
	}
	c, err := s3local.Start(s3local.Options{Regions: []s3local.RegionOptions{src}})
	require.NoError(t, err, "one region will do")
	assert.Nil(t, c.Region("elsewhere"))
	c.Put("k", nil, s3local.Metadata{})
	require.NoError(t, c.WaitReplicated(t.Context()))
	out, err := anonymous(t, c.Region("a")).head("k")
	require.NoError(t, err)
	assert.Empty(t, out.ReplicationStatus, "nowhere to replicate to")
	require.NoError(t, c.Close())
}

func TestReplicaKeepsTheSourcesVersion(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	c, near, far := start(t, lag(never), func(o *s3local.Options) { o.Now = func() time.Time { return now } })
	v := c.Put("k", []byte("body"), s3local.Metadata{ContentType: "image/webp"})
	now = now.Add(time.Hour)
	status := func(r *s3local.Region) types.ReplicationStatus {
		out, err := anonymous(t, r).head("k")
		require.NoError(t, err)
		assert.Equal(t, v.ID, *out.VersionId)
		assert.Equal(t, v.ETag, *out.ETag)
		assert.Equal(t, v.LastModified, *out.LastModified)
		assert.Equal(t, "image/webp", *out.ContentType)
		return out.ReplicationStatus
	}
	assert.False(t, far.Has("k"))
	assert.Equal(t, types.ReplicationStatusPending, status(near))
	c.ReplicateNow()
	assert.True(t, far.Has("k"))
	assert.Equal(t, types.ReplicationStatusCompleted, status(near))
	assert.Equal(t, types.ReplicationStatusReplica, status(far))
}

func TestLagPasses(t *testing.T) {
	c, _, far := start(t, lag(20*time.Millisecond))
	asked := time.Now()
	c.Put("k", []byte("1"), s3local.Metadata{})
	c.Put("other", nil, s3local.Metadata{})
	require.NoError(t, c.WaitReplicated(t.Context()))
	assert.GreaterOrEqual(t, time.Since(asked), 20*time.Millisecond)
	assert.True(t, far.Has("k") && far.Has("other"))
	require.NoError(t, c.WaitReplicated(t.Context()), "nothing is queued")
}

func TestSetLagIsForLaterWritesAndKeepsTheOrderOfAKey(t *testing.T) {
	c, _, far := start(t, lag(never))
	c.Put("k", []byte("1"), s3local.Metadata{})
	c.SetLag(0)
	c.Put("k", []byte("2"), s3local.Metadata{})
	c.Put("other", nil, s3local.Metadata{})
	assert.True(t, far.Has("other"), "another key does not wait")
	assert.False(t, far.Has("k"), "the second waits for the first")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, c.WaitReplicated(ctx), context.Canceled)
	c.ReplicateNow()
	_, body := anonymous(t, far).mustGet("k")
	assert.Equal(t, "2", string(body))
	require.NoError(t, c.WaitReplicated(t.Context()))
	c.Put("k", []byte("3"), s3local.Metadata{})
	_, body = anonymous(t, far).mustGet("k")
	assert.Equal(t, "3", string(body), "nothing to wait for any more")
}

func TestWaitReplicatedDoesNotWaitForLaterWrites(t *testing.T) {
	c, _, far := start(t, lag(50*time.Millisecond))
	c.Put("k", nil, s3local.Metadata{})
	c.SetLag(never)
	done := make(chan error, 1)
	go func() { done <- c.WaitReplicated(t.Context()) }()
	c.Put("later", nil, s3local.Metadata{})
	// Whether it began before that write or after, the first one arrives.
	eventually(t, "the first arrives", func() bool { return far.Has("k") })
	c.ReplicateNow()
	require.NoError(t, <-done)
}

func TestDeleteMarkers(t *testing.T) {
	for policy, ghost := range map[s3local.MarkerPolicy]bool{s3local.MarkersReplicate: false, s3local.MarkersStay: true} {
		c, near, far := start(t, func(o *s3local.Options) { o.Markers = policy })
		c.Put("k", []byte("body"), s3local.Metadata{})
		c.Delete("k")
		c.Delete("never there")
		require.NoError(t, c.WaitReplicated(t.Context()))
		assert.False(t, near.Has("k"))
		assert.Equal(t, ghost, far.Has("k"))
		c.Put("k", []byte("again"), s3local.Metadata{})
		_, body := anonymous(t, far).mustGet("k")
		assert.Equal(t, "again", string(body))
	}
}

func TestRegionsDisagreeOnRequest(t *testing.T) {
	c, near, far := start(t)
	c.Put("k", []byte("both"), s3local.Metadata{})
	v := far.Put("k", []byte("far"), s3local.Metadata{})
	near.Put("near only", nil, s3local.Metadata{})
	far.Delete("absent")
	require.NoError(t, c.WaitReplicated(t.Context()))
	out, body := anonymous(t, far).mustGet("k")
	assert.Equal(t, "far", string(body))
	assert.Equal(t, v.ID, *out.VersionId)
	_, body = anonymous(t, near).mustGet("k")
	assert.Equal(t, "both", string(body))
	assert.True(t, near.Has("near only"))
	assert.False(t, far.Has("near only"))
}

func TestPromoteTurnsReplicationRound(t *testing.T) {
	c, near, far := start(t, lag(never))
	c.Put("k", []byte("old, on its way"), s3local.Metadata{})
	require.NoError(t, c.Promote("far"))
	assert.Equal(t, s3local.Replica, near.Role())
	assert.Equal(t, s3local.Source, far.Role())
	assert.Same(t, far, c.Source())
	c.Put("k", []byte("new"), s3local.Metadata{})
	c.ReplicateNow()
	for _, r := range c.Regions() {
		_, body := anonymous(t, r).mustGet("k")
		assert.Equal(t, "new", string(body), "%s: what arrives late does not cover it", r.Name())
	}
	require.Error(t, c.Promote("nowhere"))
	require.NoError(t, c.Promote("far"), "it is already")
	assert.Equal(t, s3local.Source, far.Role())
}

func TestWritersAgreeEverywhere(t *testing.T) {
	c, near, far := start(t)
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for i := range 200 {
				c.SetLag(time.Duration(i%3) * time.Millisecond)
				if key := strconv.Itoa(i % 5); i%7 == 0 {
					c.Delete(key)
				} else {
					c.Put(key, fmt.Append(nil, w, i), s3local.Metadata{})
				}
				if i%50 == 0 {
					assert.NoError(t, c.Promote([]string{"near", "far"}[w%2]))
				}
			}
		})
	}
	writers.Wait()
	require.NoError(t, c.WaitReplicated(t.Context()))
	for i := range 5 {
		key := strconv.Itoa(i)
		require.Equal(t, near.Has(key), far.Has(key))
		if near.Has(key) {
			a, _ := anonymous(t, near).mustGet(key)
			b, _ := anonymous(t, far).mustGet(key)
			assert.Equal(t, *a.VersionId, *b.VersionId)
		}
	}
}
