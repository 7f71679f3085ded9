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
}

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

// Another region goes first only when it is nearer by both margins: equals
// keep their order whatever the noise.
const (
	nearerRatio  = 0.8
	nearerMargin = 2 * time.Millisecond
)

// clearlyNearer says whether a goes before b although it stood behind it. An
// unmeasured region neither overtakes nor is overtaken: the configured order
// is the start.
func clearlyNearer(a, b time.Duration) bool {
	if a == 0 || b == 0 {
		return false
	}
	return a < b-nearerMargin && float64(a) < nearerRatio*float64(b)
}
