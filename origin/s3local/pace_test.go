package s3local_test

import (
	"bytes"
	"context"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"photoedge/origin/s3local"
)

func TestLatencyComesBeforeEveryAnswer(t *testing.T) {
	const latency = 30 * time.Millisecond
	c, near, _ := start(t, func(o *s3local.Options) { o.Regions[0].Latency = latency })
	c.Put("k", []byte("body"), s3local.Metadata{})
	for _, path := range []string{"/photos-near/k", "/photos-near/absent", "/photos-near?list-type=2", "/elsewhere/k"} {
		asked := time.Now()
		raw(t, near, "GET", path, nil, "")
		assert.GreaterOrEqual(t, time.Since(asked), latency, path)
	}
}

func TestLatencyChangesForThoseWhoWait(t *testing.T) {
	c, near, _ := start(t)
	c.Put("k", []byte("body"), s3local.Metadata{})
	near.SetLatency(never)
	q := ask(t, anonymous(t, near), "k")
	eventually(t, "it waits", func() bool { return near.Counts().InFlight == 1 })
	near.SetLatency(0)
	require.NoError(t, <-q.done)
}

func TestSleepersNoticeTheirClientsLeave(t *testing.T) {
	_, near, _ := start(t)
	near.SetLatency(never)
	q := ask(t, anonymous(t, near), "k")
	eventually(t, "it waits", func() bool { return near.Counts().InFlight == 1 })
	q.leave()
	require.Error(t, <-q.done)
	eventually(t, "it noticed", func() bool { return near.Counts().InFlight == 0 })
	assert.Zero(t, near.Log()[0].Status)
}

func TestRateIsSharedByTheBodiesOfARegion(t *testing.T) {
	const size, rate, clients = 20_000, 400_000, 4
	c, near, _ := start(t)
	c.Put("k", pattern(size), s3local.Metadata{})
	near.SetRate(rate)
	a := anonymous(t, near)
	asked := time.Now()
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			_, _, err := a.get("k", withChecksum)
			assert.NoError(t, err)
		})
	}
	all.Wait()
	// What leaves at once after a silence is a sixteenth of a second's worth.
	least := time.Duration(float64(time.Second) * (clients*size - rate/16) / rate)
	assert.GreaterOrEqual(t, time.Since(asked), least)
}

func TestRateChangesForBodiesUnderWay(t *testing.T) {
	const clients = 100
	c, near, _ := start(t)
	body := pattern(200_000)
	c.Put("k", body, s3local.Metadata{})
	near.SetRate(1) // it would take months, and minutes until each has a byte
	a := anonymous(t, near)
	out, err := a.open(a.context(), "k", withChecksum)
	require.NoError(t, err)
	defer out.Body.Close()
	var others sync.WaitGroup
	for range clients {
		others.Go(func() {
			_, got, err := a.get("k", withChecksum)
			assert.NoError(t, err)
			assert.True(t, bytes.Equal(body, got))
		})
	}
	eventually(t, "all are there", func() bool { return near.Counts().InFlight == clients+1 })
	last, err := a.open(a.context(), "k")
	require.NoError(t, err, "the header does not wait for the body")
	require.NoError(t, last.Body.Close())
	_, err = io.ReadFull(out.Body, make([]byte, 1))
	require.NoError(t, err)
	near.SetRate(0)
	rest, err := io.ReadAll(out.Body)
	require.NoError(t, err)
	assert.True(t, bytes.Equal(body[1:], rest))
	others.Wait()
}

func TestDarkReachesBodiesThatWaitForTheirShare(t *testing.T) {
	const clients = 100
	c, near, _ := start(t)
	c.Put("k", pattern(1000), s3local.Metadata{})
	near.SetRate(1)
	a := anonymous(t, near)
	waiting := make([]*asked, clients)
	for i := range waiting {
		waiting[i] = ask(t, a, "k")
	}
	eventually(t, "all are there", func() bool { return near.Counts().InFlight == clients })
	near.SetFault(s3local.Fault{Mode: s3local.FaultDark})
	eventually(t, "all hang", func() bool { return near.Counts().Hanging == clients })
	near.SetRate(0)
	for _, q := range waiting {
		require.True(t, q.pending())
		q.leave()
		require.ErrorIs(t, <-q.done, context.Canceled)
	}
	eventually(t, "all have left", func() bool { return near.Counts().InFlight == 0 })
	assert.Less(t, near.Counts().BytesOut, int64(clients*1000))
}
