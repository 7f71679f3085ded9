package cache

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func newTestStore(tb testing.TB, opts Options) *Store {
	tb.Helper()
	s, err := NewStore(opts)
	require.NoError(tb, err)
	tb.Cleanup(s.Close)
	return s
}

func sized(key string, size int) *Entry {
	return NewEntry(Entry{Key: key, Body: make([]byte, size)})
}

// held is what the store's map really holds, which Memory bounds and Stats
// speaks of.
func held(s *Store) (entries, bytes int64) {
	s.items.Wait()
	s.items.IterValues(func(e *Entry) bool {
		entries++
		bytes += e.Cost()
		return false
	})
	return entries, bytes
}

func requireHonestGauges(t *testing.T, s *Store) {
	t.Helper()
	entries, bytes := held(s)
	require.Equal(t, entries, s.Stats().Entries, "the gauge of entries")
	require.Equal(t, bytes, s.Stats().Bytes, "the gauge of bytes")
}

func TestNewStoreChecksOptions(t *testing.T) {
	for _, c := range []struct {
		name string
		opts Options
		max  int64 // 0: refused
	}{
		{"zero", Options{}, 0},
		{"negative memory", Options{Memory: -1}, 0},
		{"too little memory", Options{Memory: 1<<20 - 1}, 0},
		{"the least memory", Options{Memory: 1 << 20}, 1 << 17},
		{"default object is an eighth", Options{Memory: 64 << 20}, 8 << 20},
		{"object as large as memory", Options{Memory: 1 << 20, MaxObject: 1 << 20}, 1 << 20},
		{"object larger than memory", Options{Memory: 1 << 20, MaxObject: 1<<20 + 1}, 0},
		{"negative object", Options{Memory: 1 << 20, MaxObject: -1}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := NewStore(c.opts)
			if c.max == 0 {
				require.Error(t, err)
				require.Nil(t, s)
				return
			}
			require.NoError(t, err)
			defer s.Close()
			assert.Equal(t, c.max, s.MaxObject())
		})
	}
}

func TestPutIsVisibleAtOnce(t *testing.T) {
	s := newTestStore(t, Options{Memory: 64 << 20})
	for i := range 2000 {
		e := sized(photoKey(i), 1+i)
		require.Equal(t, Admitted, s.Put(e))
		require.Same(t, e, s.Get([]byte(e.Key)))
	}
	require.Nil(t, s.Get([]byte("another")))
	require.Nil(t, s.Get(nil))
	requireHonestGauges(t, s)
	assert.Equal(t, Stats{Entries: 2000, Bytes: s.Stats().Bytes, Admitted: 2000}, s.Stats())
}

func TestPutReplaces(t *testing.T) {
	s := newTestStore(t, Options{Memory: 1 << 20, MaxObject: 1 << 19})
	for i, size := range []int{1000, 1000, 10, 5000, 0, 400_000, 1} {
		e := sized("k", size)
		require.Equal(t, Admitted, s.Put(e), i)
		require.Same(t, e, s.Get([]byte("k")), i)
		require.Equal(t, int64(1), s.Stats().Entries, i)
		require.Equal(t, e.Cost(), s.Stats().Bytes, i)
	}
	require.Equal(t, Admitted, s.Put(s.Get([]byte("k"))), "the very entry again")
	requireHonestGauges(t, s)
}

func TestTooLargeDeletesWhatWasOlder(t *testing.T) {
	s := newTestStore(t, Options{Memory: 1 << 20, MaxObject: 1 << 20})
	small := newTestStore(t, Options{Memory: 1 << 20, MaxObject: 1000})
	for _, c := range []struct {
		name  string
		store *Store
		size  int
		want  Verdict
	}{
		{"at the limit", small, 1000, Admitted},
		{"a byte above the limit", small, 1001, TooLarge},
		{"fits by body but not by cost", s, 1 << 20, TooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			key := c.name
			require.Equal(t, Admitted, c.store.Put(sized(key, 10)))
			before := c.store.Stats()
			e := sized(key, c.size)
			require.Equal(t, c.want, c.store.Put(e))
			if c.want == Admitted {
				require.Same(t, e, c.store.Get([]byte(key)))
				return
			}
			require.Nil(t, c.store.Get([]byte(key)), "the older version must not outlive it")
			assert.Equal(t, before.TooLarge+1, c.store.Stats().TooLarge)
			assert.Equal(t, before.Admitted, c.store.Stats().Admitted)
			requireHonestGauges(t, c.store)
		})
	}
}

func TestDelete(t *testing.T) {
	s := newTestStore(t, Options{Memory: 1 << 20})
	s.Delete("never was")
	for i := range 100 {
		s.Put(sized(photoKey(i), 100))
	}
	for i := range 100 {
		s.Delete(photoKey(i))
		require.Nil(t, s.Get([]byte(photoKey(i))))
		s.Delete(photoKey(i))
		require.Equal(t, int64(99-i), s.Stats().Entries)
	}
	require.Zero(t, s.Stats().Bytes)
	require.Equal(t, s.items.MaxCost(), s.items.RemainingCost(), "the policy gave its room back too")
	require.Zero(t, s.Stats().Evicted, "a deletion is no eviction")
	e := sized(photoKey(1), 100)
	require.Equal(t, Admitted, s.Put(e))
	require.Same(t, e, s.Get([]byte(e.Key)))
}

// TestGrowingUpdatesStayWithinMemory: ristretto makes no room for an update.
func TestGrowingUpdatesStayWithinMemory(t *testing.T) {
	const memory = 1 << 20
	s := newTestStore(t, Options{Memory: memory, MaxObject: memory})
	for size := 10; size < 120_000; size += 9_973 {
		for i := range 40 {
			e := sized(photoKey(i), size)
			if s.Put(e) != Admitted {
				require.Nil(t, s.Get([]byte(e.Key)), "the older version must not outlive what was rejected")
			}
			_, bytes := held(s)
			require.LessOrEqual(t, bytes, int64(memory))
			require.GreaterOrEqual(t, s.items.RemainingCost(), int64(0))
		}
	}
	requireHonestGauges(t, s)
}

// TestMemoryIsBounded: writers of distinct keys with sizes at random, readers
// of all keys, deletions; the bound holds whenever the store is asked.
func TestMemoryIsBounded(t *testing.T) {
	const memory, writers, rounds, keys = 4 << 20, 4, 400, 60
	s := newTestStore(t, Options{Memory: memory, MaxObject: memory / 4})
	var done atomic.Bool
	var readers, writing sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for i := 0; !done.Load(); i++ {
				w, k := i%writers, i%keys
				key := fmt.Sprintf("%d/%d", w, k)
				if e := s.Get([]byte(key)); e != nil && e.Key != key {
					t.Errorf("asked for %s, got %s", key, e.Key)
				}
				runtime.Gosched()
			}
		})
	}
	for w := range writers {
		writing.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(w)))
			for range rounds {
				key := fmt.Sprintf("%d/%d", w, rng.IntN(keys))
				size := 1 << rng.IntN(21) // up to the limit of an object
				size -= rng.IntN(size)
				e := sized(key, size)
				switch verdict, got := s.Put(e), s.Get([]byte(key)); {
				case verdict != Admitted && got != nil:
					t.Errorf("%s of %d bytes was %v but an entry is there", key, size, verdict)
				case got != nil && got != e:
					t.Errorf("%s holds an older version", key)
				}
				if rng.IntN(10) == 0 {
					s.Delete(key)
				}
				if stats := s.Stats(); stats.Entries < 0 || stats.Bytes < 0 {
					t.Errorf("negative gauges: %+v", stats)
				}
				if left := s.items.RemainingCost(); left < 0 {
					t.Errorf("the policy is %d bytes above memory", -left)
				}
			}
		})
	}
	writing.Wait()
	done.Store(true)
	readers.Wait()
	_, bytes := held(s)
	require.LessOrEqual(t, bytes, int64(memory))
	requireHonestGauges(t, s)
	stats := s.Stats()
	assert.Positive(t, stats.Evicted, "the test never filled the store")
	assert.Equal(t, int64(memory)-bytes, s.items.RemainingCost(), "ristretto's own account is the same")
}

// TestBoundHoldsAfterEveryPut is the sequential half: not only at the end.
func TestBoundHoldsAfterEveryPut(t *testing.T) {
	const memory = 2 << 20
	s := newTestStore(t, Options{Memory: memory, MaxObject: memory / 2})
	rng := rand.New(rand.NewPCG(3, 4))
	for range 600 {
		s.Put(sized(photoKey(rng.IntN(100)), rng.IntN(memory/2+1000)))
		entries, bytes := held(s)
		require.LessOrEqual(t, bytes, int64(memory))
		require.Equal(t, entries, s.Stats().Entries)
		require.Equal(t, bytes, s.Stats().Bytes)
	}
	require.Positive(t, s.Stats().Evicted)
	require.Positive(t, s.Stats().TooLarge)
}

// TestCollidingKeysAreNotMixed puts an entry where another key's hashes point,
// as two keys with the same 128 bits would.
func TestCollidingKeysAreNotMixed(t *testing.T) {
	s := newTestStore(t, Options{Memory: 1 << 20})
	intruder := sized("the other key", 10)
	require.True(t, s.set([]byte("mine"), intruder))
	s.items.Wait()
	stored, ok := s.items.Get([]byte("mine"))
	require.True(t, ok)
	require.Same(t, intruder, stored, "the entry lies there")
	assert.Nil(t, s.Get([]byte("mine")), "and is not given out")

	e := sized("mine", 10)
	assert.Equal(t, Admitted, s.Put(e))
	assert.Same(t, e, s.Get([]byte("mine")))
	requireHonestGauges(t, s)
}

func TestGetDoesNotKeepItsKey(t *testing.T) {
	s := newTestStore(t, Options{Memory: 1 << 20})
	e := sized("key-1", 10)
	s.Put(e)
	key := []byte("key-1")
	require.Same(t, e, s.Get(key))
	key[4] = '2'
	require.Nil(t, s.Get(key))
	key[4] = '1'
	require.Same(t, e, s.Get(key))
}

func TestEntriesOutliveTheStore(t *testing.T) {
	s, err := NewStore(Options{Memory: 1 << 20})
	require.NoError(t, err)
	e := NewEntry(Entry{Key: "k", Body: []byte("body")})
	s.Put(e)
	got := s.Get([]byte("k"))
	s.Close()
	assert.Equal(t, "body", string(got.Body))
	assert.Zero(t, s.Stats().Entries)
	assert.Zero(t, s.Stats().Bytes)
	s.Close() // harmless
}

func TestCloseLeaksNothing(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for range 3 {
		s, err := NewStore(Options{Memory: 1 << 20})
		require.NoError(t, err)
		for i := range 50 {
			s.Put(sized(photoKey(i), 1000))
			s.Get([]byte(photoKey(i)))
		}
		s.Close()
	}
}

func TestVerdictString(t *testing.T) {
	for v, want := range map[Verdict]string{Admitted: "admitted", TooLarge: "too-large", Rejected: "rejected"} {
		assert.Equal(t, want, v.String())
	}
}

func BenchmarkStoreGet(b *testing.B) {
	s := newTestStore(b, Options{Memory: 64 << 20})
	const count = 1024
	keys := make([][]byte, count)
	now := time.Now().UnixNano()
	for i := range keys {
		keys[i] = []byte(photoKey(i))
		s.Put(photo(photoKey(i), 4096))
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := rand.IntN(count); pb.Next(); i++ {
			if e := s.Get(keys[i%count]); e == nil || e.Lifetime.State(now) != MustValidate {
				b.Error("not there")
			}
		}
	})
}
