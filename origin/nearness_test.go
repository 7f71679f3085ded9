package origin

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func TestNearnessIsAMeanInTime(t *testing.T) {
	start := time.Unix(1000, 0)
	n := nearness{tau: 10 * time.Second}
	got, _ := n.measure()
	assert.Zero(t, got, "never measured")

	n.observe(ms(10), false, start)
	got, _ = n.measure()
	assert.Equal(t, ms(10), got, "the first measure counts whole")

	n.observe(ms(100), false, start.Add(time.Millisecond))
	got, _ = n.measure()
	assert.Less(t, got, ms(20), "one outlier among many does not change the picture")

	n.observe(ms(100), false, start.Add(time.Minute))
	got, _ = n.measure()
	assert.InDelta(t, 100, got.Seconds()*1000, 1, "after many tau only the new one counts")

	n.observe(ms(5), true, start.Add(time.Minute))
	got, _ = n.measure()
	assert.Equal(t, ms(5), got, "after an outage the old measure says nothing")
}

func TestEqualsStandInTheConfiguredOrder(t *testing.T) {
	const first, second = 0, 1
	for _, c := range []struct {
		behind, before         int // milliseconds
		rankBehind, rankBefore int
		goes                   bool
	}{
		// The one configured later overtakes only when it is clearly nearer.
		{10, 10, second, first, false},
		{9, 10, second, first, false},
		{7, 10, second, first, true},
		{1, 2, second, first, false},
		{80, 100, second, first, false},
		{79, 100, second, first, true},
		// The one configured first comes back as soon as the other is not.
		{10, 10, first, second, true},
		{100, 85, first, second, false},
		{100, 91, first, second, true},
		{2, 1, first, second, true},
		// Unmeasured ones keep their place.
		{0, 100, second, first, false},
		{10, 0, second, first, false},
		{0, 10, first, second, false},
	} {
		assert.Equal(t, c.goes, goesFirst(ms(c.behind), ms(c.before), c.rankBehind, c.rankBefore), "%+v", c)
	}
	for a := 1; a < 200; a++ { // whoever goes first stays there
		for b := 1; b < 200; b++ {
			swapped := goesFirst(ms(a), ms(b), second, first)
			assert.False(t, swapped && goesFirst(ms(b), ms(a), first, second), "%d and %d flap", a, b)
		}
	}
}

func TestNearerRegionGoesFirst(t *testing.T) {
	a, b := newStub(t, serveBody("a")), newStub(t, serveBody("b"))
	r := testRouter(t, patient(), BreakerSettings{}, a.region("a", Source), b.region("b", Replica))
	assert.Equal(t, "a", r.Regions()[0].Name, "the configured order is the start")
	now := time.Now()
	for _, region := range r.nearestFirst() {
		took := ms(50)
		if region.Name() == "b" {
			took = ms(5)
		}
		for range trusted {
			region.near.observe(took, true, now)
		}
	}
	_, region, err := readAll(t, r, "k")
	assert.NoError(t, err)
	assert.Equal(t, "b", region)
}

// One slow connection at the start must not turn the configured order round.
func TestFewSamplesMoveNobody(t *testing.T) {
	var n nearness
	n.tau = time.Second
	now := time.Unix(1000, 0)
	for range trusted - 1 {
		n.observe(ms(5), false, now)
		assert.Zero(t, n.forOrder())
	}
	got, _ := n.measure()
	assert.Equal(t, ms(5), got, "it is shown all the same")
	n.observe(ms(5), false, now)
	assert.Equal(t, ms(5), n.forOrder())
}
