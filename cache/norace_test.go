//go:build !race

// The race detector makes sync.Pool forget at random, and ristretto's counters
// lie in one: allocations and popularity are tested without it, in the second
// half of the test command.

package cache

import (
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestGetAllocatesNothing: once in 64 calls ristretto hands its counters over
// and makes room for the next; AllocsPerRun rounds that down.
func TestGetAllocatesNothing(t *testing.T) {
	s := newTestStore(t, Options{Memory: 1 << 20})
	e := photo("photos\x00album/1.jpg", 4096)
	s.Put(e)
	key, absent := []byte(e.Key), []byte("photos\x00album/2.jpg")
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		if s.Get(key) != e {
			t.Fatal("not there")
		}
	}), "a hit")
	assert.Zero(t, testing.AllocsPerRun(1000, func() { s.Get(absent) }), "a miss")
	assert.Zero(t, testing.AllocsPerRun(1000, func() {
		if e.Lifetime.State(1) != MustValidate || e.Lifetime.Age(1) != 0 || e.Lifetime.TTL(1) >= 0 {
			t.Fatal("not stale")
		}
	}), "its lifetime")
}

// TestUnpopularIsRejected fills a store with entries that are asked for all the
// time; one that nobody asked for must not drive them out.
func TestUnpopularIsRejected(t *testing.T) {
	s := newTestStore(t, Options{Memory: 1 << 20, MaxObject: 1 << 19})
	const residents = 8
	for i := range residents {
		require.Equal(t, Admitted, s.Put(sized(photoKey(i), 120_000)))
	}
	var rejected *Entry
	for i := 0; rejected == nil; i++ {
		require.Less(t, i, 10_000, "nothing was ever rejected")
		for range 64 { // ristretto counts in batches of as many, and drops some
			for r := range residents {
				s.Get([]byte(photoKey(r)))
			}
		}
		runtime.Gosched()
		if e := sized("new"+strconv.Itoa(i), 120_000); s.Put(e) == Rejected {
			rejected = e
		}
	}
	assert.Nil(t, s.Get([]byte(rejected.Key)))
	assert.Equal(t, uint64(1), s.Stats().Rejected)
	requireHonestGauges(t, s)
}
