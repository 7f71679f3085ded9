package proxy

import "sync/atomic"

// Outcome is how a request was answered.
type Outcome uint8

const (
	// OutcomeHit: a fresh entry from memory.
	OutcomeHit Outcome = iota
	// OutcomeStale: a stale entry, while it is refreshed in the background.
	OutcomeStale
	// OutcomeRevalidated: an entry that the origin said has not changed.
	OutcomeRevalidated
	// OutcomeMiss: this request started the fill that answered it.
	OutcomeMiss
	// OutcomeFollow: the request joined somebody else's fill.
	OutcomeFollow
	// OutcomeStaleError: a stale entry, because no region answered.
	OutcomeStaleError
	// OutcomeNegative: a kept "not found".
	OutcomeNegative
	// OutcomeBypass: streamed through without being kept.
	OutcomeBypass
	// OutcomeError: no object could be had.
	OutcomeError
	// OutcomeRefused: the request itself was wrong; no object was looked for.
	OutcomeRefused

	outcomes
)

// String returns the outcome as it stands in metrics and logs.
func (o Outcome) String() string {
	return [...]string{
		"hit", "stale", "revalidated", "miss", "follow", "stale-error",
		"negative", "bypass", "error", "refused",
	}[o]
}

// Counters count since the start. Safe for concurrent use.
type Counters struct {
	outcomes [outcomes]atomic.Uint64
	// Panics counts handler panics that were answered with a 500.
	panics atomic.Uint64
	// cut counts responses whose connection was cut because the body could
	// not be completed.
	cut atomic.Uint64
}

// Snapshot is the counters' values at one time.
type Snapshot struct {
	Outcomes map[string]uint64 `json:"outcomes"`
	Panics   uint64            `json:"panics"`
	Cut      uint64            `json:"cut"`
}

func (c *Counters) count(o Outcome) { c.outcomes[o].Add(1) }

// Snapshot reads the counters. Outcomes has every outcome, zeros included.
func (c *Counters) Snapshot() Snapshot {
	s := Snapshot{Outcomes: make(map[string]uint64, outcomes), Panics: c.panics.Load(), Cut: c.cut.Load()}
	for o := range outcomes {
		s.Outcomes[o.String()] = c.outcomes[o].Load()
	}
	return s
}
