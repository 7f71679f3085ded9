package s3local

import (
	"maps"
	"slices"
	"sync"
)

// replication is what x-amz-replication-status says of a version in a region.
type replication int

const (
	replicationNone replication = iota
	replicationPending
	replicationCompleted
	replicationReplica
)

// String is the header's value, empty where S3 sends no header.
func (s replication) String() string {
	switch s {
	case replicationPending:
		return "PENDING"
	case replicationCompleted:
		return "COMPLETED"
	case replicationReplica:
		return "REPLICA"
	default:
		return ""
	}
}

// record is a version as one region holds it.
type record struct {
	*object
	status replication
}

// store is what a region's bucket holds: every version of every key.
type store struct {
	mu sync.RWMutex
	// keys maps to versions in the order of their numbers, the current one
	// last. No slice is empty.
	keys map[string][]record
}

// put adds a version at its place in the order: a copy that arrives late does
// not cover what was written after it.
func (s *store) put(key string, r record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys == nil {
		s.keys = map[string][]record{}
	}
	versions := s.keys[key]
	at := len(versions)
	for at > 0 && versions[at-1].number > r.number {
		at--
	}
	s.keys[key] = slices.Insert(versions, at, r)
}

// current finds the newest version, which may be a delete marker.
func (s *store) current(key string) (record, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	versions := s.keys[key]
	if len(versions) == 0 {
		return record{}, false
	}
	return versions[len(versions)-1], true
}

func (s *store) version(key, id string) (record, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	at := index(s.keys[key], id)
	if at < 0 {
		return record{}, false
	}
	return s.keys[key][at], true
}

// remove forgets one version for good. It returns what it removed.
func (s *store) remove(key, id string) (record, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	versions := s.keys[key]
	at := index(versions, id)
	if at < 0 {
		return record{}, false
	}
	gone := versions[at]
	if s.keys[key] = slices.Delete(versions, at, at+1); len(versions) == 1 {
		delete(s.keys, key)
	}
	return gone, true
}

func (s *store) setStatus(key, id string, status replication) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at := index(s.keys[key], id); at >= 0 {
		s.keys[key][at].status = status
	}
}

func index(versions []record, id string) int {
	return slices.IndexFunc(versions, func(r record) bool { return r.ID == id })
}

// listed is an object in a listing.
type listed struct {
	key string
	*object
}

// list returns the objects that are not deleted, in the order of their keys'
// bytes.
func (s *store) list() []listed {
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]listed, 0, len(s.keys))
	for _, key := range slices.Sorted(maps.Keys(s.keys)) {
		if o := s.keys[key][len(s.keys[key])-1].object; o.kind == kindObject {
			all = append(all, listed{key, o})
		}
	}
	return all
}
