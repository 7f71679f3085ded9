package cache

import (
	"slices"
	"time"
)

// Field is one header field as it is sent to clients. Name is in canonical
// form (Content-Type). Both slices are immutable once in an Entry.
type Field struct {
	Name, Value []byte
}

// Version tells two states of one object apart (S3 keeps all three across
// regions of a replicated bucket; see "What does Amazon S3 replicate?").
type Version struct {
	// ETag as the origin sent it, quotes and weakness mark included; empty
	// when it sent none.
	ETag string
	// ID is S3's version id; empty for a bucket without versioning.
	ID string
	// LastModified has a resolution of one second; zero when unknown.
	LastModified time.Time
}

// Status says what an entry holds.
type Status uint8

const (
	// StatusFound is an object's whole body.
	StatusFound Status = iota
	// StatusLarge is an object too large to be kept whole: its fields and size
	// without a body, which is kept in slices under keys of their own.
	StatusLarge
	// StatusNotFound is the authority's word that there is no such object.
	StatusNotFound
)

// Entry is an immutable cached answer with everything needed to send it.
// Nothing in it, and nothing it points to, changes after NewEntry; it may be
// read by any number of goroutines without a lock and needs no release.
type Entry struct {
	// Key is the full cache key; Store.Get compares it, so that two keys with
	// one hash are never confused.
	Key string
	// Status is what the entry holds.
	Status Status
	// Fields are the object's own header fields in the order they are sent,
	// without Content-Length, Date and Age, which belong to each answer.
	Fields []Field
	// Body is the object's bytes; nil unless StatusFound.
	Body []byte
	// Size is the object's length in bytes. NewEntry sets it for StatusFound.
	Size int64
	// Version is the object's version.
	Version Version
	// Lifetime says until when the entry may be used.
	Lifetime Lifetime
	// Region names the region the body or the last validation came from.
	Region string

	cost int64
}

// NewEntry completes e and returns it. The caller gives up e and everything e
// points to: nothing of it may be changed from here on.
func NewEntry(e Entry) *Entry {
	if e.Status == StatusFound {
		e.Size = int64(len(e.Body))
	}
	e.cost = bookkeeping + allocated(len(e.Body)) + int64(len(e.Key)+len(e.Version.ETag)+len(e.Version.ID))
	for _, f := range e.Fields {
		e.cost += int64(len(f.Name)+len(f.Value)) + fieldOverhead
	}
	return &e
}

// Refresh returns a new entry with e's body and what a validation brought: the
// fields that the 304 replaced (RFC 9111 §3.2), the version it named and a new
// lifetime. e is unchanged and stays valid for those who still read it.
func (e *Entry) Refresh(fields []Field, version Version, lifetime Lifetime, region string) *Entry {
	return NewEntry(Entry{
		Key: e.Key, Status: e.Status, Fields: fields, Body: e.Body, Size: e.Size,
		Version: version, Lifetime: lifetime, Region: region,
	})
}

// Field returns the value of the first field of that canonical name, nil when
// there is none. It must not be changed.
func (e *Entry) Field(name string) []byte {
	for i := range e.Fields {
		if string(e.Fields[i].Name) == name {
			return e.Fields[i].Value
		}
	}
	return nil
}

// Cost is the number of bytes of memory the entry takes: the body as the Go
// allocator rounds it, fields, key and bookkeeping.
func (e *Entry) Cost() int64 { return e.cost }

const (
	// bookkeeping is the Entry itself (208 bytes), the rounding of its strings,
	// and ristretto's hash map slots in the store and in the policy (75 bytes
	// together, up to twice that right after a map has grown) with what their
	// spans leave unused. Measured by TestCostCoversMemory.
	bookkeeping = 512
	// fieldOverhead is a Field's two slice headers (48 bytes) and the rounding
	// of the two small allocations behind them.
	fieldOverhead = 64

	// maxSmall is the largest size the Go allocator serves from size classes;
	// above it whole pages are used.
	maxSmall = 32 << 10
	pageSize = 8 << 10
)

// sizeClasses are the Go allocator's above 1 KiB, up to maxSmall. A release
// that changes them fails TestAllocated.
func sizeClasses() [36]int {
	return [...]int{
		1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864, 5376, 6144, 6528, 6784,
		6912, 8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480, 21760, 24576, 27264,
		28672, maxSmall,
	}
}

// allocated is what a byte slice of length n takes from the Go allocator.
// Below 1 KiB, where classes are close together, it is n and an eighth.
func allocated(n int) int64 {
	if n > maxSmall {
		return int64((n + pageSize - 1) / pageSize * pageSize)
	}
	classes := sizeClasses()
	if n < classes[0] {
		return int64(n + n/8)
	}
	i, _ := slices.BinarySearch(classes[:], n)
	return int64(classes[i])
}
