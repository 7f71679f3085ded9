package cache

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// photo is an entry as a fill makes it: every field has allocations of its own.
func photo(key string, size int) *Entry {
	field := func(name, value string) Field { return Field{Name: []byte(name), Value: []byte(value)} }
	return NewEntry(Entry{
		Key: key,
		Fields: []Field{
			field("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
			field("Content-Type", "image/jpeg"),
			field("Cache-Control", "public, max-age=86400, stale-while-revalidate=3600"),
			field("Etag", `"9b2cf535f27731c974343645a3985328"`),
			field("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
			field("X-Content-Type-Options", "nosniff"),
		},
		Body: make([]byte, size),
		Version: Version{
			ETag: string([]byte(`"9b2cf535f27731c974343645a3985328"`)), ID: string([]byte("3HL4kqtJvjVBH40Nrjfkd")),
			LastModified: time.Unix(784111777, 0).UTC(),
		},
		Region: "near",
	})
}

func photoKey(i int) string { return fmt.Sprintf("photos\x00events/2026/album-%04d/%08d.jpg", i%97, i) }

// heap is the live memory of the process, in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what the first one found to be swept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestCostCoversMemory: Memory bounds the sum of costs, so a cost below what an
// entry really takes lets the process outgrow its configuration, and one far
// above it wastes what was configured.
func TestCostCoversMemory(t *testing.T) {
	for _, c := range []struct {
		name        string
		size, count int
		most        float64 // cost to memory
	}{
		{"300 B, maps just grown", 300, 30_000, 1.4},
		{"300 B", 300, 25_000, 1.4},
		{"4 KiB, a size class", 4 << 10, 5_000, 1.25},
		{"4 KiB and a byte", 4<<10 + 1, 5_000, 1.25},
		{"7 KiB, between two classes", 7_000, 4_000, 1.25},
		{"20 KiB", 20 << 10, 2_000, 1.25},
		{"100 KiB", 100 << 10, 500, 1.25},
		{"1 MiB and a byte", 1<<20 + 1, 60, 1.25},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newTestStore(t, Options{Memory: 1 << 30})
			// Each of ristretto's 256 maps takes its first slots with its first
			// entry: that is the store's, not the entries'.
			for i := range 2048 {
				s.Put(NewEntry(Entry{Key: strconv.Itoa(i), Status: StatusNotFound}))
			}
			before := heap()
			var costs int64
			for i := range c.count {
				e := photo(photoKey(i), c.size)
				costs += e.Cost()
				require.Equal(t, Admitted, s.Put(e))
			}
			grown := heap() - before
			require.Equal(t, int64(c.count+2048), s.Stats().Entries) // and the store is still alive
			ratio := float64(costs) / float64(grown)
			t.Logf("an entry costs %d bytes and takes %d: %.3f", costs/int64(c.count), grown/int64(c.count), ratio)
			assert.GreaterOrEqual(t, ratio, 1.0)
			assert.LessOrEqual(t, ratio, c.most)
		})
	}
}

// TestCostCoversEntriesWithoutBody: a flood of requests for keys that do not
// exist must not outgrow Memory either.
func TestCostCoversEntriesWithoutBody(t *testing.T) {
	s := newTestStore(t, Options{Memory: 1 << 30})
	const count = 30_000
	before := heap()
	var costs int64
	for i := range count {
		e := NewEntry(Entry{Key: photoKey(i), Status: StatusNotFound})
		costs += e.Cost()
		require.Equal(t, Admitted, s.Put(e))
	}
	grown := heap() - before
	require.Equal(t, int64(count), s.Stats().Entries)
	assert.GreaterOrEqual(t, costs, grown)
}

func TestAllocated(t *testing.T) {
	// append grows to exactly what the allocator rounds up to.
	src := make([]byte, 64<<20)
	taken := func(n int) int64 { return int64(cap(append([]byte(nil), src[:n]...))) }
	for n := 1024; n <= maxSmall+2*pageSize; n++ {
		if got, want := allocated(n), taken(n); got != want {
			t.Fatalf("%d bytes take %d, not %d", n, want, got)
		}
	}
	assert.Zero(t, allocated(0))
	for _, n := range []int{1 << 20, 1<<20 + 1, 50_000_001} {
		assert.Equal(t, taken(n), allocated(n))
	}
	for n := 256; n < 1024; n++ {
		assert.InDelta(t, taken(n), allocated(n), float64(n)/7, n)
	}
}

func TestNewEntry(t *testing.T) {
	found := NewEntry(Entry{Key: "k", Body: []byte("12345"), Size: 99})
	assert.Equal(t, int64(5), found.Size, "a found object's size is its body's")
	large := NewEntry(Entry{Key: "k", Status: StatusLarge, Size: 1 << 40})
	assert.Equal(t, int64(1<<40), large.Size, "a large object's size is given")
	assert.Less(t, large.Cost(), int64(2048), "and costs nothing here")

	base := NewEntry(Entry{Key: "k"}).Cost()
	assert.Equal(t, base+7, NewEntry(Entry{Key: "longer k"}).Cost())
	assert.Equal(t, base+6, NewEntry(Entry{Key: "k", Version: Version{ETag: `"ab"`, ID: "12"}}).Cost())
	assert.Equal(t, base+fieldOverhead+5, NewEntry(Entry{Key: "k", Fields: []Field{{[]byte("Age"), []byte("10")}}}).Cost())
}

func TestField(t *testing.T) {
	e := NewEntry(Entry{Key: "k", Fields: []Field{
		{[]byte("Cache-Control"), []byte("first")}, {[]byte("Cache-Control"), []byte("second")}, {[]byte("Empty"), []byte{}},
	}})
	assert.Equal(t, "first", string(e.Field("Cache-Control")))
	assert.NotNil(t, e.Field("Empty"))
	assert.Nil(t, e.Field("Etag"))
	assert.Nil(t, e.Field("cache-control"), "names are canonical")
	assert.Zero(t, testing.AllocsPerRun(100, func() { e.Field("Etag") }))
}

func TestRefreshLeavesTheOldEntryAlone(t *testing.T) {
	e := photo("k", 4096)
	e.Lifetime = Lifetime{Storable: true, FreshUntil: 1}
	was, fields := *e, append([]Field(nil), e.Fields...)
	fresh := e.Refresh([]Field{{[]byte("Age"), []byte("1")}}, e.Version, Lifetime{Storable: true, FreshUntil: 2}, "far")

	assert.Equal(t, was, *e)
	assert.Equal(t, fields, e.Fields)
	assert.Same(t, &e.Body[0], &fresh.Body[0], "the body is not copied")
	assert.Equal(t, e.Version, fresh.Version)
	assert.Equal(t, "far", fresh.Region)
	assert.Equal(t, int64(2), fresh.Lifetime.FreshUntil)
	assert.Equal(t, int64(4096), fresh.Size)
	assert.Less(t, fresh.Cost(), e.Cost(), "the cost follows the fields")

	large := NewEntry(Entry{Key: "k", Status: StatusLarge, Size: 1 << 40})
	assert.Equal(t, int64(1<<40), large.Refresh(nil, large.Version, Lifetime{}, "").Size)
}
