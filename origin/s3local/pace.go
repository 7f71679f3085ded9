package s3local

import (
	"time"

	"golang.org/x/time/rate"
)

const (
	// maxChunk is the most of a body that is sent at once, in bytes.
	maxChunk = 64 << 10
	// chunksPerSecond and burstsPerSecond divide a rate into the chunks it is
	// sent in and the most that leaves at once after a silence.
	chunksPerSecond = 32
	burstsPerSecond = 16
)

// pace shares a region's rate among its bodies.
type pace struct {
	bucket *rate.Limiter
	chunk  int64 // bytes
}

// newPace returns nil for a rate without bound.
func newPace(bytesPerSecond int64) *pace {
	if bytesPerSecond <= 0 {
		return nil
	}
	chunk := min(max(bytesPerSecond/chunksPerSecond, 1), maxChunk)
	burst := max(chunk, bytesPerSecond/burstsPerSecond)
	return &pace{bucket: rate.NewLimiter(rate.Limit(bytesPerSecond), int(burst)), chunk: chunk}
}

// share returns when n bytes may leave, and what gives them back. n is at most
// a chunk.
func (p *pace) share(n int64) (time.Duration, *rate.Reservation) {
	r := p.bucket.ReserveN(time.Now(), int(n))
	return r.Delay(), r
}

// chunk is how much of a body may be sent at once, in bytes.
func (s *settings) chunk() int64 {
	if s.pace == nil {
		return maxChunk
	}
	return s.pace.chunk
}
