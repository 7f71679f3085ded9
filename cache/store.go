package cache

import (
	"fmt"
	"hash/maphash"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
	"github.com/dgraph-io/ristretto/v2"
)

// Options say how large a Store may become.
type Options struct {
	// Memory bounds the sum of all entries' costs, in bytes. Required, at
	// least 1 MiB.
	Memory int64
	// MaxObject is the largest body that is kept, in bytes. Zero is an eighth
	// of Memory. At most Memory.
	MaxObject int64
}

const (
	minMemory = 1 << 20
	// typicalEntry sizes the frequency sketch: one counter set per expected
	// entry, ten of them as ristretto advises. Smaller photos than this make
	// the sketch coarser, never wrong.
	typicalEntry = 32 << 10
	minCounters  = 10_000
	bufferItems  = 64 // ristretto's own advice
	ownFraction  = 8
)

// Verdict is what Store.Put did with an entry.
type Verdict uint8

const (
	// Admitted: the entry is in the store and visible to every Get.
	Admitted Verdict = iota
	// TooLarge: the body exceeds MaxObject; the store was not asked.
	TooLarge
	// Rejected: the store holds entries that are asked for more often.
	Rejected
)

// String returns the verdict as it stands in metrics and logs.
func (v Verdict) String() string {
	return [...]string{"admitted", "too-large", "rejected"}[v]
}

// Stats are counters since the start, and gauges. All are approximate by what
// is under way while they are read.
type Stats struct {
	Entries  int64  `json:"entries"` // gauge
	Bytes    int64  `json:"bytes"`   // gauge: the sum of all costs
	Admitted uint64 `json:"admitted"`
	Rejected uint64 `json:"rejected"`
	TooLarge uint64 `json:"too_large"`
	Evicted  uint64 `json:"evicted"`
}

// Store holds entries in memory, bounded by their cost. Safe for concurrent
// use. For one key there must be one writer at a time: ristretto keeps the
// first of two sets of a key that it has not yet admitted. The fill table sees
// to that.
type Store struct {
	items     *ristretto.Cache[[]byte, *Entry]
	maxObject int64

	entries, bytes               atomic.Int64
	admitted, rejected, tooLarge atomic.Uint64
	evicted                      atomic.Uint64
}

// NewStore returns an empty store. It must be closed.
func NewStore(opts Options) (*Store, error) {
	if opts.Memory < minMemory {
		return nil, fmt.Errorf("cache: memory is %d bytes, must be at least %d", opts.Memory, minMemory)
	}
	if opts.MaxObject == 0 {
		opts.MaxObject = opts.Memory / ownFraction
	}
	if opts.MaxObject < 0 || opts.MaxObject > opts.Memory {
		return nil, fmt.Errorf("cache: max object is %d bytes, must be between 1 and memory (%d)", opts.MaxObject, opts.Memory)
	}
	s := &Store{maxObject: opts.MaxObject}
	seed := maphash.MakeSeed()
	items, err := ristretto.NewCache(&ristretto.Config[[]byte, *Entry]{
		NumCounters: max(minCounters, 10*opts.Memory/typicalEntry),
		MaxCost:     opts.Memory,
		BufferItems: bufferItems,
		// The cost already counts ristretto's bookkeeping.
		IgnoreInternalCost: true,
		// Both words: with one, two keys of one hash would evict each other.
		// The first is seeded, so that nobody can make keys that collide.
		KeyToHash: func(key []byte) (uint64, uint64) {
			return maphash.Bytes(seed, key), xxhash.Sum64(key)
		},
		OnEvict: func(item *ristretto.Item[*Entry]) {
			if item.Value != nil { // nil: a victim sampled twice
				s.evicted.Add(1)
			}
		},
		// Every entry that was handed to Set leaves through here exactly once.
		OnExit: func(e *Entry) {
			if e != nil {
				s.account(-1, -e.cost)
			}
		},
	})
	if err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	s.items = items
	return s, nil
}

// Get returns the entry under key, or nil. It does not look at lifetimes: a
// stale entry is returned too, since it can be validated. Get allocates
// nothing and does not keep key.
func (s *Store) Get(key []byte) *Entry {
	e, ok := s.items.Get(key)
	if !ok || e == nil || string(key) != e.Key {
		return nil
	}
	return e
}

// MaxObject is the largest body that is kept, in bytes.
func (s *Store) MaxObject() int64 { return s.maxObject }

// Put offers e to the store and returns when the decision has been made and is
// visible. There must be no other Put or Delete of the same key under way.
func (s *Store) Put(e *Entry) Verdict {
	key := []byte(e.Key)
	if int64(len(e.Body)) > s.maxObject || e.cost > s.items.MaxCost() {
		s.tooLarge.Add(1)
		s.Delete(e.Key) // what is older must not outlive what could not be kept
		return TooLarge
	}
	if old := s.Get(key); old != nil && old.cost < e.cost {
		// ristretto makes no room when an update grows an entry: go through
		// admission instead, or updates alone could outgrow Memory.
		s.Delete(e.Key)
	}
	if !s.set(key, e) {
		// The queue was full: this is contention, not a verdict. Let it drain
		// and ask once more.
		s.items.Wait()
		s.set(key, e)
	}
	s.items.Wait()
	if s.Get(key) != e {
		s.rejected.Add(1)
		return Rejected
	}
	s.admitted.Add(1)
	return Admitted
}

func (s *Store) set(key []byte, e *Entry) bool {
	s.account(1, e.cost)
	if s.items.Set(key, e, e.cost) {
		return true
	}
	s.account(-1, -e.cost)
	return false
}

func (s *Store) account(entries, bytes int64) {
	s.entries.Add(entries)
	s.bytes.Add(bytes)
}

// Delete removes the entry under key, if any. It returns when no later Get can
// see it.
func (s *Store) Delete(key string) {
	s.items.Del([]byte(key))
	s.items.Wait()
}

// Stats returns the counters as they are now.
func (s *Store) Stats() Stats {
	return Stats{
		Entries: s.entries.Load(), Bytes: s.bytes.Load(),
		Admitted: s.admitted.Load(), Rejected: s.rejected.Load(),
		TooLarge: s.tooLarge.Load(), Evicted: s.evicted.Load(),
	}
}

// Close empties the store and ends its goroutines. Entries that requests still
// hold stay valid. Nothing may be called on a closed store.
func (s *Store) Close() { s.items.Close() }
