package proxy

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"photoedge/cache"
)

// fills is the table of fetches under way: at most one per key, followed by
// any number of requests.
//
// Between a look-up in the store that found nothing and joining here, the fill
// may have ended. It leaves the table only after the store shows its entry, so
// join looks at the store once more, under the table's lock: either the fill
// or its entry is found, and no object is fetched twice.
type fills struct {
	store  *cache.Store
	budget budget
	panics *atomic.Uint64

	ctx     context.Context // ends all fills; never a client's
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu    sync.Mutex
	byKey map[string]*fill
}

func newFills(store *cache.Store, memory int64, panics *atomic.Uint64) *fills {
	t := &fills{store: store, budget: budget{limit: memory}, panics: panics, byKey: map[string]*fill{}}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t
}

// part is what a request is to the fill it joined.
type part uint8

const (
	// partLeader started the fill.
	partLeader part = iota
	// partFollower joined it.
	partFollower
)

// wanted is what a fill is to bring: an object, or a slice of one.
type wanted struct {
	key    []byte // of the cache
	site   *Site
	object string // of the origin
	slice  *slice // nil: the whole object
	now    time.Time
	// validate: an entry that is fresh will not do.
	validate bool
}

// wants is the whole object that r asks for.
func (r *request) wants() wanted {
	return wanted{key: r.key, site: r.site, object: r.objectKey(), now: r.now, validate: r.validate}
}

// join makes the caller part of its key's fill, which it starts if there is
// none; f.leave must be called once. If a fresh entry has appeared meanwhile,
// that is returned instead and f is nil. stale is what the store held, to be
// validated; nil: nothing.
func (t *fills) join(w wanted, stale *cache.Entry) (f *fill, p part, entry *cache.Entry) {
	for {
		f, p, entry, ending := t.tryJoin(w, stale)
		if ending == nil {
			return f, p, entry
		}
		// That fill can serve nobody else. It is about to leave the table, and
		// until it has, it may write to the store.
		<-ending.gone
	}
}

// tryJoin is join, unless the key's fill is ending: then it returns that.
func (t *fills) tryJoin(w wanted, stale *cache.Entry) (f *fill, p part, entry *cache.Entry, ending *fill) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f = t.byKey[string(w.key)]; f != nil {
		if f.enter(w.now.UnixNano()) {
			return f, partFollower, nil, nil
		}
		return nil, 0, nil, f
	}
	if latest := t.store.Get(w.key); latest != nil {
		if !w.validate && latest.Lifetime.State(w.now.UnixNano()) == cache.Fresh {
			return nil, 0, latest, nil
		}
		stale = latest
	}
	return t.start(w, stale, true), partLeader, nil, nil
}

// refresh starts a fill that nobody waits for, unless one is under way.
func (t *fills) refresh(w wanted, stale *cache.Entry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byKey[string(w.key)] == nil {
		t.start(w, stale, false)
	}
}

// start runs a new fill. t.mu is held.
func (t *fills) start(w wanted, stale *cache.Entry, led bool) *fill {
	f := newFill(t, w, stale, led)
	t.byKey[f.key] = f
	t.running.Go(f.run)
	return f
}

// forget takes f out of the table. From here on its key may be filled anew.
func (t *fills) forget(f *fill) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byKey, f.key)
	close(f.gone)
}

// count returns the number of fills under way.
func (t *fills) count() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byKey)
}

// followers returns the number of requests on key's fill.
func (t *fills) followers(key string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.byKey[key]
	if f == nil {
		return 0
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.followers
}

// close ends all fills and waits for them.
func (t *fills) close() {
	t.cancel()
	t.running.Wait()
}

// budget bounds the bytes of all fills' buffers.
type budget struct {
	limit int64
	used  atomic.Int64
}

// reserve takes n bytes, or reports false when they do not fit.
func (b *budget) reserve(n int64) bool {
	if b.used.Add(n) <= b.limit {
		return true
	}
	b.used.Add(-n)
	return false
}

func (b *budget) release(n int64) { b.used.Add(-n) }
