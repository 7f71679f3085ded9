package s3local

import (
	"container/heap"
	"context"
	"errors"
	"sync"
	"time"
)

// ErrClosed says that the cluster was closed.
var ErrClosed = errors.New("s3local: the cluster is closed")

// job is a version on its way to the replicas.
type job struct {
	key    string
	object *object
	from   *Region
	to     []*Region

	due     time.Time
	waiters []*waiter
}

// waiter waits for jobs.
type waiter struct {
	left int // jobs
	done chan struct{}
}

// replicator brings versions to the replicas when their lag is over. Jobs of
// one key run in the order in which they were added; a version and its status
// at the source change under mu, so they change in that order too.
type replicator struct {
	mu     sync.Mutex
	lag    time.Duration
	queue  jobQueue
	keys   map[string]*keyQueue
	closed bool

	changed chan struct{} // has room for one: the first job may be another
	ended   chan struct{}
}

// keyQueue is what is queued for one key.
type keyQueue struct {
	jobs int
	due  time.Time // of the last job
}

func newReplicator(lag time.Duration) *replicator {
	r := &replicator{
		lag: lag, keys: map[string]*keyQueue{},
		changed: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	go r.run()
	return r
}

// add queues a job and, without a lag, runs it.
func (r *replicator) add(j *job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	now := time.Now()
	j.due = now.Add(r.lag)
	k := r.keys[j.key]
	if k == nil {
		k = &keyQueue{}
		r.keys[j.key] = k
	}
	if j.due.Before(k.due) {
		j.due = k.due // the lag became shorter; the key's older versions go first
	}
	k.jobs++
	k.due = j.due
	heap.Push(&r.queue, j)
	r.runDue(now)
	r.signal()
}

func (r *replicator) signal() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

func (r *replicator) run() {
	defer close(r.ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-r.changed:
		}
		next, open := r.step()
		if !open {
			return
		}
		timer.Reset(next)
	}
}

// step runs what is due. It says how long the next job has, and false when the
// replicator is closed.
func (r *replicator) step() (time.Duration, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.runDue(now)
	if len(r.queue) == 0 {
		return time.Hour, !r.closed // nothing to do until the next signal
	}
	return r.queue[0].due.Sub(now), !r.closed
}

// runDue runs the jobs whose time has come. r.mu is held.
func (r *replicator) runDue(now time.Time) {
	for !r.closed && len(r.queue) > 0 && !r.queue[0].due.After(now) {
		r.runFirst()
	}
}

func (r *replicator) runFirst() {
	j := heap.Pop(&r.queue).(*job)
	for _, to := range j.to {
		to.store.put(j.key, record{j.object, replicationReplica})
	}
	j.from.store.setStatus(j.key, j.object.ID, replicationCompleted)
	if k := r.keys[j.key]; k.jobs > 1 {
		k.jobs--
	} else {
		delete(r.keys, j.key)
	}
	for _, w := range j.waiters {
		if w.left--; w.left == 0 {
			close(w.done)
		}
	}
}

func (r *replicator) setLag(lag time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lag = lag
}

func (r *replicator) flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.closed && len(r.queue) > 0 {
		r.runFirst()
	}
}

func (r *replicator) wait(ctx context.Context) error {
	w := &waiter{done: make(chan struct{})}
	r.mu.Lock()
	closed, queued := r.closed, len(r.queue)
	for _, j := range r.queue {
		j.waiters = append(j.waiters, w)
		w.left++
	}
	r.mu.Unlock()
	switch {
	case closed:
		return ErrClosed
	case queued == 0:
		return nil
	}
	select {
	case <-w.done:
		return nil
	case <-r.ended:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (r *replicator) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.signal()
	<-r.ended
}

// jobQueue is a heap: the job that is due first, and was written first, is at
// its head.
type jobQueue []*job

func (q jobQueue) Len() int      { return len(q) }
func (q jobQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

func (q jobQueue) Less(i, j int) bool {
	if q[i].due.Equal(q[j].due) {
		return q[i].object.number < q[j].object.number
	}
	return q[i].due.Before(q[j].due)
}

// Push implements heap.Interface.
func (q *jobQueue) Push(x any) { *q = append(*q, x.(*job)) }

// Pop implements heap.Interface.
func (q *jobQueue) Pop() any {
	last := len(*q) - 1
	j := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return j
}
