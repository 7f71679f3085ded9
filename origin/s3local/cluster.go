package s3local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// MarkerPolicy says whether delete markers replicate.
type MarkerPolicy int

const (
	// MarkersReplicate brings delete markers to the replicas like versions.
	MarkersReplicate MarkerPolicy = iota
	// MarkersStay leaves them at the source, so a replica goes on serving what
	// was deleted. That is what S3 does unless it is told otherwise.
	MarkersStay
)

// Options say what a cluster is like.
type Options struct {
	// Regions are the regions, exactly one of them with Role Source.
	Regions []RegionOptions
	// Lag is how long a version takes to the replicas. 0: they hold it when
	// the write returns.
	Lag time.Duration
	// Markers says whether delete markers replicate. Default: they do.
	Markers MarkerPolicy
	// Now tells the time for Last-Modified, Date and the logs. Latency, rate
	// and lag run on the real clock. Nil: time.Now.
	Now func() time.Time
}

// Cluster is some regions and the replication between them. Its methods are
// safe for concurrent use.
type Cluster struct {
	regions    []*Region
	now        func() time.Time
	markers    MarkerPolicy
	replicator *replicator
	close      func() error

	// mu makes a write one step: its precondition, its number, its place in
	// the history and its place in the queue. Without it two writes of a key
	// could reach a replica in the other order.
	mu      sync.Mutex
	source  *Region
	written uint64 // numbers given out
}

// Start runs the regions until Close. Its errors say what to change in opts.
func Start(opts Options) (*Cluster, error) {
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("s3local: %w", err)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	c := &Cluster{now: opts.Now, markers: opts.Markers, replicator: newReplicator(opts.Lag)}
	c.close = sync.OnceValue(c.shutdown)
	for _, ro := range opts.Regions {
		r, err := newRegion(c, ro)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("s3local: region %s: %w", ro.Name, err), c.Close())
		}
		c.regions = append(c.regions, r)
		if ro.Role == Source {
			c.source = r
		}
	}
	return c, nil
}

func (o *Options) validate() error {
	if o.Lag < 0 {
		return fmt.Errorf("a Lag of %v; make it 0 or more", o.Lag)
	}
	seen := map[string]bool{}
	var sources []string
	for i := range o.Regions {
		r := &o.Regions[i]
		if err := r.validate(); err != nil {
			return fmt.Errorf("region %d %q: %w", i, r.Name, err)
		}
		if seen[r.Name] {
			return fmt.Errorf("two regions are named %q; give each a Name of its own", r.Name)
		}
		seen[r.Name] = true
		if r.Role == Source {
			sources = append(sources, r.Name)
		}
	}
	switch len(sources) {
	case 0:
		return errors.New("no region is the source; give exactly one Role: s3local.Source")
	case 1:
		return nil
	default:
		return fmt.Errorf("%s are all sources; give all but one Role: s3local.Replica", strings.Join(sources, ", "))
	}
}

// Close ends the regions: their ports, every connection, also one that hangs
// in the dark, and the replication. What was queued is not replicated. A
// second call does nothing.
func (c *Cluster) Close() error { return c.close() }

func (c *Cluster) shutdown() error {
	c.replicator.close()
	errs := make([]error, 0, len(c.regions))
	for _, r := range c.regions {
		errs = append(errs, r.close())
	}
	return errors.Join(errs...)
}

// Region returns the region of that name, nil if there is none.
func (c *Cluster) Region(name string) *Region {
	for _, r := range c.regions {
		if r.name == name {
			return r
		}
	}
	return nil
}

// Regions returns the regions in the order of Options.Regions.
func (c *Cluster) Regions() []*Region { return slices.Clone(c.regions) }

// Source returns the region that is the source now.
func (c *Cluster) Source() *Region {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.source
}

// Promote makes the named region the source and the old source a replica.
// Writes from now on go from there to all the others; what is queued arrives
// as if nothing had happened, and nothing is copied backwards.
func (c *Cluster) Promote(name string) error {
	r := c.Region(name)
	if r == nil {
		return fmt.Errorf("s3local: no region is named %q", name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.source.role.Store(int32(Replica))
	r.role.Store(int32(Source))
	c.source = r
	return nil
}

// Put writes a version at the source, whatever the source's fault is. The body
// is not copied: it must not be changed afterwards.
func (c *Cluster) Put(key string, body []byte, meta Metadata) Version {
	o := newObject(body, meta)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.store(c.source, key, o, reachReplicas)
	return o.Version
}

// Delete writes a delete marker at the source, whatever the source's fault is
// and whether the key exists or not.
func (c *Cluster) Delete(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.store(c.source, key, newMarker(), reachReplicas)
}

// SetLag changes how long the versions written from now on take to the
// replicas. 0: they hold them when the write returns, unless an older write of
// the key is still queued, which they wait for.
func (c *Cluster) SetLag(lag time.Duration) { c.replicator.setLag(max(lag, 0)) }

// ReplicateNow brings all that is queued to the replicas, whatever its lag.
func (c *Cluster) ReplicateNow() { c.replicator.flush() }

// WaitReplicated waits until the replicas hold everything that was queued when
// it was called. It returns the context's error, or ErrClosed when the cluster
// was closed before.
func (c *Cluster) WaitReplicated(ctx context.Context) error { return c.replicator.wait(ctx) }

// reach says how far a write goes.
type reach int

const (
	reachRegion   reach = iota // it stays in the region
	reachReplicas              // from the source to every replica
)

// store writes a version into a region, numbers it and queues it for the
// replicas. c.mu is held.
func (c *Cluster) store(r *Region, key string, o *object, reach reach) {
	c.written++
	o.number = c.written
	o.LastModified = c.now().UTC().Truncate(time.Second)
	var replicas []*Region
	if reach == reachReplicas && r == c.source && (o.kind == kindObject || c.markers == MarkersReplicate) {
		replicas = slices.DeleteFunc(slices.Clone(c.regions), func(other *Region) bool { return other == r })
	}
	status := replicationNone
	if len(replicas) > 0 {
		status = replicationPending
	}
	r.store.put(key, record{o, status})
	if len(replicas) > 0 {
		c.replicator.add(&job{key: key, object: o, from: r, to: replicas})
	}
}
