package s3local

import (
	"fmt"
	"sync"
	"time"
)

// LogLimit is how many requests a region's log keeps: the last ones.
const LogLimit = 4096

// Op is what a request asks for.
type Op int

const (
	OpOther Op = iota // what S3 has and s3local has not, and what nobody has
	OpGet
	OpHead
	OpHeadBucket
	OpList
	OpPut
	OpDelete
	OpLocation
)

// String is S3's name of the operation.
func (o Op) String() string {
	switch o {
	case OpOther:
		return "Other"
	case OpGet:
		return "GetObject"
	case OpHead:
		return "HeadObject"
	case OpHeadBucket:
		return "HeadBucket"
	case OpList:
		return "ListObjectsV2"
	case OpPut:
		return "PutObject"
	case OpDelete:
		return "DeleteObject"
	case OpLocation:
		return "GetBucketLocation"
	default:
		return fmt.Sprintf("Op-%d", int(o))
	}
}

// Counts says what was asked of a region and what came of it. A request counts
// when its header has been read, before it is answered, and what is sent
// counts before it is sent: who got an answer finds it here.
type Counts struct {
	// Get to Other are requests by operation.
	Get, Head, HeadBucket, List, Put, Delete, Other int64
	// NotModified are answers with status 304, Ranges with 206.
	NotModified, Ranges int64
	// BytesOut is the length of all bodies, those of errors included, without
	// headers.
	BytesOut int64
	// InFlight are the requests whose handling has not ended; it may end a
	// little after its client has the answer. Those that hang are among them.
	InFlight int64
	// Hanging are the requests that will never be answered, because they met
	// FaultDark or FaultStall, and whose clients have not left.
	Hanging int64
}

// Entry is a request in a region's log.
type Entry struct {
	// Time is when its header had been read.
	Time time.Time
	Op   Op
	Key  string
	// VersionID is the version asked for. Empty: the current one.
	VersionID string
	// Range, IfNoneMatch and IfMatch are the fields of those names.
	Range, IfNoneMatch, IfMatch string
	// Status is the answer's. 0: not answered, so far or for good.
	Status int
	// Bytes are those of the body that were sent.
	Bytes int64
	// Fault is the one that struck it, FaultNone if none did.
	Fault FaultMode
}

// journal is a region's log and its counters. Entries are changed under mu
// until their requests end, so what leaves are copies.
type journal struct {
	mu      sync.Mutex
	entries []*Entry // oldest first
	counts  Counts
}

func (j *journal) begin(e *Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.entries) == LogLimit {
		j.entries = j.entries[1:]
	}
	j.entries = append(j.entries, e)
	*j.counter(e.Op)++
	j.counts.InFlight++
}

func (j *journal) counter(op Op) *int64 {
	switch op {
	case OpGet:
		return &j.counts.Get
	case OpHead:
		return &j.counts.Head
	case OpHeadBucket:
		return &j.counts.HeadBucket
	case OpList:
		return &j.counts.List
	case OpPut:
		return &j.counts.Put
	case OpDelete:
		return &j.counts.Delete
	default:
		return &j.counts.Other
	}
}

func (j *journal) end() { j.update(func(c *Counts) { c.InFlight-- }) }

func (j *journal) update(f func(*Counts)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	f(&j.counts)
}

func (j *journal) counted() Counts {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.counts
}

func (j *journal) list() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := make([]Entry, len(j.entries))
	for i, e := range j.entries {
		all[i] = *e
	}
	return all
}

func (j *journal) reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = nil
}
