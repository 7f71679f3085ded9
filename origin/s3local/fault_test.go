package s3local_test

import (
	"bytes"
	"context"
	"io"
	"math/bits"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"photoedge/origin/s3local"
)

// overflow is more than the sockets of a connection hold, in bytes: a body that
// nobody reads stays under way.
const overflow = 32 << 20

func mustRequest(t *testing.T, method, url string) *http.Request {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	require.NoError(t, err)
	return req
}

func TestFaultModesHaveNames(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range s3local.FaultModes() {
		parsed, err := s3local.ParseFaultMode(m.String())
		require.NoError(t, err)
		assert.Equal(t, m, parsed)
		seen[m.String()] = true
	}
	assert.Len(t, seen, 10)
	for _, name := range []string{"", "Dark", "fault-mode-3", "dark "} {
		_, err := s3local.ParseFaultMode(name)
		assert.ErrorContains(t, err, "slow-down", "the error lists the names")
	}
}

func TestFaultsThatAnswer(t *testing.T) {
	for _, tc := range []struct {
		mode   s3local.FaultMode
		status int
		code   string
	}{
		{s3local.FaultError500, 500, "InternalError"},
		{s3local.FaultSlowDown, 503, "SlowDown"},
		{s3local.FaultDenied, 403, "AccessDenied"},
		{s3local.FaultMissing, 404, "NoSuchKey"},
	} {
		t.Run(tc.mode.String(), func(t *testing.T) {
			c, near, far := start(t)
			c.Put("k", []byte("body"), s3local.Metadata{})
			near.SetFault(s3local.Fault{Mode: tc.mode})
			assert.Equal(t, tc.mode, near.Fault().Mode)
			a := anonymous(t, near)
			_, _, err := a.get("k")
			f := failed(t, err)
			assert.Equal(t, tc.status, f.status)
			assert.Equal(t, tc.code, f.code)
			_, err = a.head("k")
			assert.Equal(t, tc.status, failed(t, err).status)
			for _, e := range near.Log() {
				assert.Equal(t, tc.mode, e.Fault)
				assert.Equal(t, tc.status, e.Status)
			}
			_, err = a.put("k", []byte("new"))
			assert.Equal(t, tc.mode == s3local.FaultMissing, err == nil, "%v", err)
			list := raw(t, near, "GET", "/photos-near?list-type=2", nil, "")
			assert.NotContains(t, string(list.body), "<Contents>")

			_, body := anonymous(t, far).mustGet("k")
			assert.NotEmpty(t, body, "the other region works")
			near.SetFault(s3local.Fault{})
			_, body = a.mustGet("k")
			assert.Equal(t, tc.mode == s3local.FaultMissing, string(body) == "new", "a refused write changes nothing")
		})
	}
}

func TestProbabilityStrikesSome(t *testing.T) {
	c, near, _ := start(t)
	c.Put("k", []byte("body"), s3local.Metadata{})
	near.SetFault(s3local.Fault{Mode: s3local.FaultSlowDown, Probability: 0.5})
	a := anonymous(t, near)
	var good, bad int
	for good == 0 || bad == 0 {
		if _, _, err := a.get("k"); err == nil {
			good++
		} else {
			require.Equal(t, 503, failed(t, err).status)
			bad++
		}
		require.Less(t, good+bad, 200, "the same lot 200 times")
	}
}

func TestCutAndStallAndCorruptBodies(t *testing.T) {
	const size = 300_000
	for _, after := range []int64{0, 1, 100_000, size - 1} {
		t.Run("cut", func(t *testing.T) {
			body, near, out, ctx := openWithFault(t, s3local.Fault{Mode: s3local.FaultCut, After: after}, size)
			got, err := io.ReadAll(out)
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.NoError(t, ctx.Err())
			assert.True(t, bytes.Equal(body[:after], got), "%d bytes of %d", len(got), after)
			assert.Equal(t, s3local.FaultCut, near.Log()[0].Fault)
			assert.Equal(t, after, near.Log()[0].Bytes)
		})
		t.Run("stall", func(t *testing.T) {
			body, near, out, _ := openWithFault(t, s3local.Fault{Mode: s3local.FaultStall, After: after}, size)
			got := make([]byte, after)
			_, err := io.ReadFull(out, got)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(body[:after], got))
			eventually(t, "it hangs", func() bool { return near.Counts().Hanging == 1 })
			assert.Equal(t, after, near.Counts().BytesOut)
			near.SetFault(s3local.Fault{})
			assert.EqualValues(t, 1, near.Counts().Hanging, "healing helps only later requests")
			require.NoError(t, out.Close())
			eventually(t, "it saw the client leave", func() bool { return near.Counts().InFlight == 0 })
			_, got = anonymous(t, near).mustGet("k", withChecksum)
			assert.True(t, bytes.Equal(body, got))
		})
		t.Run("corrupt", func(t *testing.T) {
			body, near, out, _ := openWithFault(t, s3local.Fault{Mode: s3local.FaultCorrupt, After: after}, size)
			got, err := io.ReadAll(out)
			require.ErrorContains(t, err, "checksum did not match")
			assert.Equal(t, 1, flippedBits(body, got))
			assert.NotEqual(t, body[after], got[after])
			assert.Equal(t, s3local.FaultCorrupt, near.Log()[0].Fault)
			_, again, err := anonymous(t, near).get("k")
			require.NoError(t, err, "without a checksum nobody notices")
			assert.Equal(t, 1, flippedBits(body, again))
			near.SetFault(s3local.Fault{})
			_, again = anonymous(t, near).mustGet("k", withChecksum)
			assert.True(t, bytes.Equal(body, again), "what is stored was not touched")
		})
	}
}

// openWithFault asks for a body of a region with a fault.
func openWithFault(t *testing.T, f s3local.Fault, size int) ([]byte, *s3local.Region, io.ReadCloser, context.Context) {
	t.Helper()
	c, near, _ := start(t)
	body := pattern(size)
	c.Put("k", body, s3local.Metadata{})
	near.SetFault(f)
	a := anonymous(t, near)
	ctx := a.context()
	out, err := a.open(ctx, "k", withChecksum)
	require.NoError(t, err, "the header is true")
	require.EqualValues(t, size, *out.ContentLength)
	t.Cleanup(func() { _ = out.Body.Close() })
	return body, near, out.Body, ctx
}

func flippedBits(a, b []byte) int {
	n := 0
	for i := range a {
		n += bits.OnesCount8(a[i] ^ b[i])
	}
	return n
}

func TestFaultBeyondTheBodyLeavesItAlone(t *testing.T) {
	c, near, _ := start(t)
	body := pattern(1000)
	c.Put("k", body, s3local.Metadata{})
	c.Put("empty", nil, s3local.Metadata{})
	a := anonymous(t, near)
	for _, mode := range []s3local.FaultMode{s3local.FaultCut, s3local.FaultStall, s3local.FaultCorrupt} {
		near.SetFault(s3local.Fault{Mode: mode, After: 1000})
		_, err := a.head("k")
		require.NoError(t, err)
		_, got := a.mustGet("empty", withChecksum)
		require.Empty(t, got)
		_, got, err = a.get("k")
		require.NoError(t, err)
		if mode == s3local.FaultCorrupt {
			assert.NotEqual(t, body[999], got[999], "it strikes the last byte")
			continue
		}
		assert.True(t, bytes.Equal(body, got))
	}
}

// asked is a request whose answer the test waits for, or does not.
type asked struct {
	done  chan error
	leave context.CancelFunc
}

func ask(t *testing.T, a api, key string) *asked {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	q := &asked{make(chan error, 1), cancel}
	go func() {
		out, err := a.open(ctx, key)
		if err == nil {
			_, err = io.Copy(io.Discard, out.Body)
			_ = out.Body.Close()
		}
		q.done <- err
	}()
	return q
}

func (q *asked) pending() bool { return len(q.done) == 0 }

func TestDarkReachesWhatSleepsAndHealsForTheRest(t *testing.T) {
	c, near, _ := start(t)
	c.Put("k", []byte("body"), s3local.Metadata{})
	near.SetLatency(patience)
	a := anonymous(t, near)
	sleeping := ask(t, a, "k")
	eventually(t, "it sleeps", func() bool { return near.Counts().Get == 1 })
	near.SetFault(s3local.Fault{Mode: s3local.FaultDark})
	eventually(t, "it is caught", func() bool { return near.Counts().Hanging == 1 })
	near.SetLatency(0)
	late := ask(t, a, "k")
	eventually(t, "so is the next", func() bool { return near.Counts().Hanging == 2 })

	near.SetFault(s3local.Fault{})
	_, body := a.mustGet("k")
	assert.Equal(t, "body", string(body), "healed")
	assert.EqualValues(t, 2, near.Counts().Hanging, "those caught stay caught")
	assert.True(t, sleeping.pending() && late.pending())
	assert.Equal(t, s3local.FaultDark, near.Log()[0].Fault)
	assert.Zero(t, near.Log()[0].Status)

	sleeping.leave()
	require.ErrorIs(t, <-sleeping.done, context.Canceled)
	eventually(t, "it saw the client leave", func() bool { return near.Counts().Hanging == 1 })
	late.leave()
	require.ErrorIs(t, <-late.done, context.Canceled)
	eventually(t, "nothing is left", func() bool { return near.Counts().InFlight == 0 })
}

func TestDarkReachesBodiesAndOpenConnections(t *testing.T) {
	c, near, _ := start(t)
	body := pattern(1 << 20)
	c.Put("k", body, s3local.Metadata{})
	near.SetRate(100_000) // it takes a while
	a := anonymous(t, near)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	out, err := a.open(ctx, "k")
	require.NoError(t, err)
	_, err = io.ReadFull(out.Body, make([]byte, 1000))
	require.NoError(t, err)
	near.SetFault(s3local.Fault{Mode: s3local.FaultDark})
	eventually(t, "the body hangs", func() bool { return near.Counts().Hanging == 1 })
	near.SetRate(0)
	sent := near.Counts().BytesOut
	assert.Less(t, sent, int64(len(body)))
	near.SetFault(s3local.Fault{})
	rest := make(chan int64, 1)
	go func() { n, _ := io.Copy(io.Discard, out.Body); rest <- n }()
	_, again := a.mustGet("k")
	assert.True(t, bytes.Equal(body, again))
	leave()
	assert.Equal(t, sent, 1000+<-rest, "not a byte came after")
	require.NoError(t, out.Body.Close())

	// The connection of the last request is idle now.
	near.SetFault(s3local.Fault{Mode: s3local.FaultDark})
	idle := ask(t, a, "k")
	eventually(t, "it hangs", func() bool { return near.Counts().Hanging >= 1 && near.Counts().Get == 3 })
	idle.leave()
	require.Error(t, <-idle.done)
}

func TestDarkDoesNotAskForABodyAndSeesItsClientLeave(t *testing.T) {
	_, near, _ := start(t)
	near.SetFault(s3local.Fault{Mode: s3local.FaultDark})
	var dialer net.Dialer
	c, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(near.Endpoint(), "http://"))
	require.NoError(t, err, "the dark accepts")
	_, err = io.WriteString(c, "PUT /photos-near/k HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
	require.NoError(t, err)
	eventually(t, "it hangs", func() bool { return near.Counts().Hanging == 1 })
	require.NoError(t, c.(*net.TCPConn).CloseWrite())
	answer, err := io.ReadAll(c)
	require.NoError(t, err)
	assert.Empty(t, answer, "not even 100 Continue")
	require.NoError(t, c.Close())
	eventually(t, "it saw the client leave", func() bool { return near.Counts().InFlight == 0 })
	assert.False(t, near.Has("k"))
}

func TestRefusedAndHealedOnTheSamePort(t *testing.T) {
	c, near, _ := start(t)
	body := pattern(overflow)
	c.Put("k", body, s3local.Metadata{})
	a := anonymous(t, near)
	endpoint := near.Endpoint()
	for range 3 {
		out, err := a.open(a.context(), "k")
		require.NoError(t, err)
		near.SetLatency(patience)
		sleeping := ask(t, a, "k")
		eventually(t, "it sleeps", func() bool { return near.Counts().InFlight == 2 })

		near.SetFault(s3local.Fault{Mode: s3local.FaultRefused})
		_, err = io.Copy(io.Discard, out.Body)
		require.Error(t, err, "the body breaks off")
		require.NoError(t, out.Body.Close())
		require.Error(t, <-sleeping.done)
		_, err = a.head("k")
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		eventually(t, "nothing is left", func() bool { return near.Counts().InFlight == 0 })
		near.SetFault(s3local.Fault{Mode: s3local.FaultRefused}) // twice is once

		near.SetLatency(0)
		near.SetFault(s3local.Fault{})
		require.Equal(t, s3local.FaultNone, near.Fault().Mode)
		require.Equal(t, endpoint, near.Endpoint())
		_, got := a.mustGet("k", withChecksum)
		require.True(t, bytes.Equal(body, got))
	}
}

func TestCloseEndsEverything(t *testing.T) {
	c, near, far := start(t, lag(patience))
	c.Put("k", pattern(overflow), s3local.Metadata{})
	a := anonymous(t, near)
	near.SetFault(s3local.Fault{Mode: s3local.FaultStall})
	stalled, err := a.open(t.Context(), "k")
	require.NoError(t, err)
	defer stalled.Body.Close()
	near.SetFault(s3local.Fault{})
	under, err := a.open(t.Context(), "k") // its body fills the sockets
	require.NoError(t, err)
	defer under.Body.Close()
	near.SetLatency(patience)
	sleeping := ask(t, a, "k")
	far.SetFault(s3local.Fault{Mode: s3local.FaultDark})
	dark := ask(t, anonymous(t, far), "k")
	eventually(t, "all are there", func() bool {
		return near.Counts().InFlight == 3 && near.Counts().Hanging == 1 && far.Counts().Hanging == 1
	})

	require.NoError(t, c.Close())
	for name, q := range map[string]*asked{"sleeping": sleeping, "dark": dark} {
		require.Error(t, <-q.done, name)
	}
	for name, body := range map[string]io.Reader{"under way": under.Body, "stalled": stalled.Body} {
		_, err = io.Copy(io.Discard, body)
		require.Error(t, err, name)
	}
	assert.Zero(t, near.Counts().InFlight+far.Counts().InFlight, "Close waited for them")
	_, err = a.head("k")
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	require.ErrorIs(t, c.WaitReplicated(t.Context()), s3local.ErrClosed)

	require.NoError(t, c.Close(), "a second time")
	near.SetFault(s3local.Fault{}) // does not open it again
	_, err = a.head("k")
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	c.Put("k", nil, s3local.Metadata{}) // and this does no harm
}

func TestSettingsMayChangeAllAtOnce(t *testing.T) {
	c, near, _ := start(t)
	body := pattern(200_000)
	c.Put("k", body, s3local.Metadata{})
	a := anonymous(t, near)
	ctx, cancel := context.WithCancel(t.Context())
	var clients, changers sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for ctx.Err() == nil {
				out, err := a.open(ctx, "k", withChecksum)
				if err != nil {
					continue
				}
				if got, err := io.ReadAll(out.Body); err == nil {
					assert.True(t, bytes.Equal(body, got), "verified and yet wrong")
				}
				_ = out.Body.Close()
			}
		})
	}
	for n := range 2 {
		changers.Go(func() {
			for i := range 60 {
				modes := s3local.FaultModes()
				near.SetFault(s3local.Fault{Mode: modes[(i+n)%len(modes)], After: 50_000})
				near.SetRate(int64(i%3) * 10_000_000)
			}
		})
	}
	changers.Wait()
	near.SetFault(s3local.Fault{})
	near.SetRate(0)
	_, got := a.mustGet("k", withChecksum)
	assert.True(t, bytes.Equal(body, got))
	cancel()
	clients.Wait()
	eventually(t, "nothing is left", func() bool { return near.Counts().InFlight == 0 })
	assert.Zero(t, near.Counts().Hanging)
}
