package origin

import (
	"math"
	"sync"
	"time"
)

// nearness is a decaying mean of a region's time to first byte: an
// exponentially weighted mean in time, not in samples, so that a busy region
// is averaged over the same span as one that is only probed. The zero measure
// means "never measured".
type nearness struct {
	tau time.Duration // after tau an old measure weighs 1/e

	mu   sync.Mutex
	mean float64 // nanoseconds; 0: never measured
	last time.Time
	seen int // samples, up to trusted
}

// trusted is how many samples it takes before a measure moves a region: the
// first ones hold the making of a connection.
const trusted = 3

// minWeight keeps a burst of samples within one instant from counting nothing.
const minWeight = 0.02

// observe adds a measured time to first byte. fresh replaces what was known:
// after an outage the old measure says nothing.
func (n *nearness) observe(took time.Duration, fresh bool, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	w := 1 - math.Exp(-float64(now.Sub(n.last))/float64(n.tau))
	if n.mean == 0 || fresh {
		w = 1
	}
	n.mean += max(w, minWeight) * (float64(took) - n.mean)
	n.last = now
	n.seen = min(n.seen+1, trusted)
}

// forOrder returns the measure as far as it may move the region: 0 while there
// are too few samples.
func (n *nearness) forOrder() time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.seen < trusted {
		return 0
	}
	return time.Duration(n.mean)
}

// touch notes that the region was asked without a usable measure.
func (n *nearness) touch(now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last = now
}

// measure returns the mean time to first byte, 0 if there is none yet, and
// when it was last added to.
func (n *nearness) measure() (time.Duration, time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return time.Duration(n.mean), n.last
}

// A region overtakes one that is configured before it only when it is nearer
// by both of the first margins, and falls behind it again when it no longer is
// by the second: equals stand in the configured order whatever the noise, and
// nobody changes places twice at one border.
const (
	overtakeRatio  = 0.8
	overtakeMargin = 2 * time.Millisecond
	stayRatio      = 0.9
	stayMargin     = time.Millisecond
)

// goesFirst says whether a goes before b, which stands before it now. rankA
// and rankB are their places in the configuration. An unmeasured region keeps
// its place.
func goesFirst(a, b time.Duration, rankA, rankB int) bool {
	if a == 0 || b == 0 {
		return false
	}
	if rankA > rankB {
		return nearer(a, b, overtakeRatio, overtakeMargin)
	}
	return !nearer(b, a, stayRatio, stayMargin)
}

// nearer says whether a is below b by a ratio and a margin.
func nearer(a, b time.Duration, ratio float64, margin time.Duration) bool {
	return a < b-margin && float64(a) < ratio*float64(b)
}
