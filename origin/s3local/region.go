package s3local

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Role says whether writes land in a region.
type Role int

const (
	// Source is where writes land.
	Source Role = iota
	// Replica gets the source's versions after the lag.
	Replica
)

// String is the role as the configuration and the logs write it.
func (r Role) String() string {
	if r == Source {
		return "source"
	}
	return "replica"
}

// ListAccess says whether clients may list the bucket.
type ListAccess int

const (
	// ListAllowed lets clients list, and so see that a key does not exist.
	ListAllowed ListAccess = iota
	// ListDenied answers 403 AccessDenied to a listing and, as S3 does, to a
	// GET or HEAD of a key that does not exist.
	ListDenied
)

// RegionOptions say what a region is like.
type RegionOptions struct {
	// Name is the region's name, unique in the cluster.
	Name string
	// Bucket is the name of the region's only bucket.
	Bucket string
	// Role must be Source for exactly one region.
	Role Role
	// Latency passes before the first byte of each answer. 0: none.
	Latency time.Duration
	// Rate bounds all the region's object bodies together, in bytes per
	// second. 0: unbounded.
	Rate int64
	// List says whether clients may list the bucket. Default: they may.
	List ListAccess
}

func (o *RegionOptions) validate() error {
	switch {
	case o.Name == "":
		return errors.New("it has no Name; give it one, such as ap-northeast-2")
	case o.Bucket == "" || strings.ContainsAny(o.Bucket, "/?#% "):
		return fmt.Errorf("%q is no Bucket; give it a name of letters, digits, dots and hyphens", o.Bucket)
	case o.Role != Source && o.Role != Replica:
		return fmt.Errorf("%d is no Role; make it s3local.Source or s3local.Replica", o.Role)
	case o.Latency < 0:
		return fmt.Errorf("a Latency of %v; make it 0 or more", o.Latency)
	case o.Rate < 0:
		return fmt.Errorf("a Rate of %d; make it 0 (unbounded) or more", o.Rate)
	}
	return nil
}

// Region is one region: a port, a bucket, and what is wrong with it. Its
// methods are safe for concurrent use.
type Region struct {
	name, bucket string
	list         ListAccess
	cluster      *Cluster
	role         atomic.Int32
	store        store
	journal      journal
	door         *door

	// turning is held while a setting changes, the port with it.
	turning  sync.Mutex
	settings atomic.Pointer[settings]
}

// settings are what may change while requests are under way. One value is
// never changed; a change replaces it and tells those who wait.
type settings struct {
	latency time.Duration
	pace    *pace // nil: unbounded
	fault   Fault
	// turn numbers the faults that were set, so that a request draws its lot
	// once for each.
	turn uint64
	// replaced is closed when these settings are no longer the region's.
	replaced chan struct{}
}

func newRegion(c *Cluster, opts RegionOptions) (*Region, error) {
	r := &Region{name: opts.Name, bucket: opts.Bucket, list: opts.List, cluster: c}
	r.role.Store(int32(opts.Role))
	r.settings.Store(&settings{latency: opts.Latency, pace: newPace(opts.Rate), replaced: make(chan struct{})})
	var err error
	r.door, err = newDoor(http.HandlerFunc(r.serve))
	return r, err
}

func (r *Region) close() error { return r.door.close() }

// Name is the region's name.
func (r *Region) Name() string { return r.name }

// Endpoint is the URL to give to an S3 client, with path-style addressing:
// http://127.0.0.1:port. It never changes.
func (r *Region) Endpoint() string { return "http://" + r.door.addr }

// Bucket is the name of the region's bucket.
func (r *Region) Bucket() string { return r.bucket }

// Role is the region's role now.
func (r *Region) Role() Role { return Role(r.role.Load()) }

// SetLatency changes the time before the first byte of each answer, also for
// requests that wait it out. 0: none.
func (r *Region) SetLatency(d time.Duration) {
	r.change(func(s *settings) { s.latency = max(d, 0) })
}

// Latency returns what SetLatency set.
func (r *Region) Latency() time.Duration { return r.settings.Load().latency }

// SetRate bounds the region's object bodies together, those under way
// included, in bytes per second. 0: unbounded.
func (r *Region) SetRate(bytesPerSecond int64) {
	r.change(func(s *settings) { s.pace = newPace(bytesPerSecond) })
}

// SetFault changes how the region fails; the zero Fault heals it. When it
// returns, no request escapes it that comes later or has not been answered; of
// a body under way, at most the chunk that is leaving does. A healed region
// listens on the port that it had.
func (r *Region) SetFault(f Fault) {
	f.After = max(f.After, 0)
	r.turning.Lock()
	defer r.turning.Unlock()
	if f.Mode == FaultRefused {
		r.replace(func(s *settings) { s.fault, s.turn = f, s.turn+1 })
		r.door.shut()
		return
	}
	// Without its port the region stays refused, and Fault says so.
	if r.door.open() == nil {
		r.replace(func(s *settings) { s.fault, s.turn = f, s.turn+1 })
	}
}

// Fault is how the region fails now.
func (r *Region) Fault() Fault { return r.settings.Load().fault }

func (r *Region) change(f func(*settings)) {
	r.turning.Lock()
	defer r.turning.Unlock()
	r.replace(f)
}

// replace sets new settings. r.turning is held.
func (r *Region) replace(f func(*settings)) {
	old := r.settings.Load()
	s := *old
	f(&s)
	s.replaced = make(chan struct{})
	r.settings.Store(&s)
	close(old.replaced)
}

// Put writes a version into this region alone: it does not replicate, whatever
// the role. The body is not copied and must not be changed afterwards.
func (r *Region) Put(key string, body []byte, meta Metadata) Version {
	o := newObject(body, meta)
	r.cluster.mu.Lock()
	defer r.cluster.mu.Unlock()
	r.cluster.store(r, key, o, reachRegion)
	return o.Version
}

// Delete writes a delete marker into this region alone.
func (r *Region) Delete(key string) {
	r.cluster.mu.Lock()
	defer r.cluster.mu.Unlock()
	r.cluster.store(r, key, newMarker(), reachRegion)
}

// Has says whether the region holds the key, whatever its fault pretends.
func (r *Region) Has(key string) bool {
	rec, ok := r.store.current(key)
	return ok && rec.kind == kindObject
}

// Counts says what was asked of the region since it was started.
func (r *Region) Counts() Counts { return r.journal.counted() }

// Log returns the last requests, at most LogLimit, in the order in which they
// came. Those under way are in it.
func (r *Region) Log() []Entry { return r.journal.list() }

// ResetLog empties the log. Counts goes on.
func (r *Region) ResetLog() { r.journal.reset() }
