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

func TestEqualsDoNotFlap(t *testing.T) {
	for _, c := range []struct {
		behind, before int
		overtakes      bool
	}{
		{10, 10, false},
		{9, 10, false},
		{7, 10, true},
		{1, 2, false},
		{80, 100, false},
		{79, 100, true},
		{0, 100, false},
		{10, 0, false},
	} {
		assert.Equal(t, c.overtakes, clearlyNearer(ms(c.behind), ms(c.before)), "%d before %d", c.behind, c.before)
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
		region.near.observe(took, true, now)
	}
	_, region, err := readAll(t, r, "k")
	assert.NoError(t, err)
	assert.Equal(t, "b", region)
}
