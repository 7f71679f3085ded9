package gallery

import (
	"net/http"
	"time"
)

// Region is a region as the page shows it.
type Region struct {
	// Name is the region's, Role is "source" or "replica".
	Name, Role string
	// Fault is how the region fails at the moment, "none" when it works.
	Fault string
	// Breaker is the edge's towards it: "closed", "open" or "half-open".
	Breaker string
	// TTFB is the time to first byte that the edge measures. 0: not known.
	TTFB time.Duration
	// Gets and Bytes count what the region was asked for and sent, from the
	// start.
	Gets, Bytes uint64
}

// State is what the page shows of the edge.
type State struct {
	Regions []Region
	// Outcomes counts requests by how they were answered: "hit", "stale",
	// "miss" and so on.
	Outcomes map[string]uint64
	// CacheBytes and CacheEntries are what is in memory now.
	CacheBytes, CacheEntries uint64
	// Errors counts requests that the edge could not answer.
	Errors uint64
}

// stateJSON is the state on the wire. Times are in milliseconds and null when
// they are not known.
type stateJSON struct {
	Regions  []regionJSON      `json:"regions"`
	Outcomes map[string]uint64 `json:"outcomes"`
	// HitRatio is the share of requests answered from memory, null before the
	// first request.
	HitRatio *float64 `json:"hit_ratio"`
	Requests uint64   `json:"requests"`
	Cache    struct {
		Bytes   uint64 `json:"bytes"`
		Entries uint64 `json:"entries"`
	} `json:"cache"`
	Errors uint64 `json:"errors"`
}

type regionJSON struct {
	Name    string   `json:"name"`
	Role    string   `json:"role"`
	Fault   string   `json:"fault"`
	Breaker string   `json:"breaker"`
	TTFB    *float64 `json:"ttfb_ms"`
	Gets    uint64   `json:"gets"`
	Bytes   uint64   `json:"bytes"`
}

func (s *State) wire() *stateJSON {
	out := &stateJSON{
		Regions: make([]regionJSON, 0, len(s.Regions)), Outcomes: s.Outcomes,
		Errors: s.Errors,
	}
	if out.Outcomes == nil {
		out.Outcomes = map[string]uint64{}
	}
	out.Cache.Bytes, out.Cache.Entries = s.CacheBytes, s.CacheEntries
	for i := range s.Regions {
		r := &s.Regions[i]
		fault := r.Fault
		if fault == "" {
			fault = "none"
		}
		out.Regions = append(out.Regions, regionJSON{
			Name: r.Name, Role: r.Role, Fault: fault, Breaker: r.Breaker,
			TTFB: milliseconds(r.TTFB), Gets: r.Gets, Bytes: r.Bytes,
		})
	}
	out.Requests, out.HitRatio = hitRatio(s.Outcomes)
	return out
}

// hitRatio is how many requests there were and which share of them was answered
// from memory without waiting for a region.
func hitRatio(outcomes map[string]uint64) (requests uint64, share *float64) {
	for _, n := range outcomes {
		requests += n
	}
	if requests == 0 {
		return 0, nil
	}
	fromMemory := outcomes["hit"] + outcomes["stale"] + outcomes["stale-error"] + outcomes["negative"]
	ratio := float64(fromMemory) / float64(requests)
	return requests, &ratio
}

func milliseconds(d time.Duration) *float64 {
	if d <= 0 {
		return nil
	}
	ms := float64(d.Microseconds()) / 1000
	return &ms
}

func stateHandler(b Backend) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s := b.State()
		writeJSON(w, http.StatusOK, s.wire())
	})
}
