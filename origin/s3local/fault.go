package s3local

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// FaultMode is a way in which a region fails its clients.
type FaultMode int

const (
	// FaultNone is a region that works.
	FaultNone FaultMode = iota
	// FaultDark accepts and never answers: connections that are open, requests
	// in flight and bodies under way included.
	FaultDark
	// FaultRefused refuses connections and resets those that are open.
	FaultRefused
	// FaultError500 answers 500 InternalError.
	FaultError500
	// FaultSlowDown answers 503 SlowDown.
	FaultSlowDown
	// FaultDenied answers 403 AccessDenied.
	FaultDenied
	// FaultCut closes the connection after Fault.After bytes of a body that was
	// promised whole. Shorter bodies are not touched, nor are HEAD, errors and
	// listings.
	FaultCut
	// FaultStall stops after Fault.After bytes of a body and hangs. It leaves
	// alone what FaultCut leaves alone.
	FaultStall
	// FaultCorrupt flips one bit of a body, in the byte at Fault.After or, in a
	// shorter body, in the last one. ETag and checksum stay those of the true
	// body.
	FaultCorrupt
	// FaultMissing pretends that no object exists. Writes work.
	FaultMissing
	faultModes // how many there are
)

// String is the mode's name in logs and for [ParseFaultMode].
func (m FaultMode) String() string {
	switch m {
	case FaultNone:
		return "none"
	case FaultDark:
		return "dark"
	case FaultRefused:
		return "refused"
	case FaultError500:
		return "error-500"
	case FaultSlowDown:
		return "slow-down"
	case FaultDenied:
		return "denied"
	case FaultCut:
		return "cut"
	case FaultStall:
		return "stall"
	case FaultCorrupt:
		return "corrupt"
	case FaultMissing:
		return "missing"
	default:
		return fmt.Sprintf("fault-mode-%d", int(m))
	}
}

// FaultModes returns every mode, FaultNone first.
func FaultModes() []FaultMode {
	all := make([]FaultMode, 0, faultModes)
	for m := range faultModes {
		all = append(all, m)
	}
	return all
}

// ParseFaultMode is the inverse of String. Its error lists the names.
func ParseFaultMode(name string) (FaultMode, error) {
	names := make([]string, 0, faultModes)
	for _, m := range FaultModes() {
		if m.String() == name {
			return m, nil
		}
		names = append(names, m.String())
	}
	return FaultNone, fmt.Errorf("s3local: no fault is named %q; there are %s", name, strings.Join(names, ", "))
}

// Fault is how a region fails. The zero value is a region that works.
type Fault struct {
	Mode FaultMode
	// After is how many bytes of each body come through before FaultCut,
	// FaultStall and FaultCorrupt strike. 0: they strike at its first byte.
	After int64
	// Probability is the share of requests that the fault strikes. 0, 1 and
	// what lies outside: all of them. FaultRefused always strikes all.
	Probability float64
}

// strikes draws a request's lot.
func (f Fault) strikes() bool {
	if f.Mode == FaultRefused || f.Probability <= 0 || f.Probability >= 1 {
		return true
	}
	return rand.Float64() < f.Probability
}
