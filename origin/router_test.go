package origin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stub is an S3 endpoint whose every answer the test writes, for what no real
// server can be made to say.
type stub struct {
	*httptest.Server
	gets, heads atomic.Int64
	handler     atomic.Pointer[http.HandlerFunc]
}

func newStub(t *testing.T, h http.HandlerFunc) *stub {
	t.Helper()
	s := &stub{}
	s.handler.Store(&h)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			s.heads.Add(1)
		} else {
			s.gets.Add(1)
		}
		(*s.handler.Load())(w, r)
	}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func (s *stub) answer(h http.HandlerFunc) { s.handler.Store(&h) }

func (s *stub) region(name string, role Role) RegionOptions {
	return RegionOptions{Name: name, Bucket: "b", Role: role, Endpoint: s.URL, PathStyle: true, Anonymous: true}
}

func serveBody(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Etag", `"e"`)
		_, _ = io.WriteString(w, body)
	}
}

func serveError(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		if code != "" && r.Method != http.MethodHead {
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>m</Message></Error>", code)
		}
	}
}

// slow timings: nothing times out on a busy machine, and no probe interferes.
func patient() Timing {
	return Timing{
		ConnectTimeout: 10 * time.Second, FirstByteTimeout: 10 * time.Second, StallTimeout: 10 * time.Second,
		Deadline: 30 * time.Second, ProbeInterval: time.Hour,
	}
}

func testRouter(t *testing.T, timing Timing, bs BreakerSettings, regions ...RegionOptions) *Router {
	t.Helper()
	r, err := NewRouter(t.Context(), Options{Regions: regions, Timing: timing, Breaker: bs})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return r
}

func readAll(t *testing.T, r *Router, key string) (string, string, error) {
	t.Helper()
	resp, err := r.Fetch(t.Context(), Request{Key: key})
	if err != nil {
		return "", "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), resp.Region, err
}

func (r *Router) statusOf(name string) RegionStatus {
	for _, s := range r.Regions() {
		if s.Name == name {
			return s
		}
	}
	return RegionStatus{}
}

func TestClassification(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		want   Kind
	}{
		{404, "NoSuchKey", KindNotFound},
		{404, "NoSuchVersion", KindNotFound},
		{404, "", KindNotFound},
		{404, "NoSuchBucket", KindUnavailable},
		{404, "XAdminUserNotFound", KindDenied}, // versitygw, for an unknown access key
		{403, "AccessDenied", KindDenied},
		{403, "InvalidAccessKeyId", KindDenied},
		{403, "SignatureDoesNotMatch", KindDenied},
		{403, "RequestTimeTooSkewed", KindDenied},
		{403, "InvalidObjectState", KindArchived},
		{403, "", KindDenied},
		{400, "ExpiredToken", KindDenied},
		{400, "RequestTimeout", KindUnavailable},
		{301, "PermanentRedirect", KindDenied},
		{307, "TemporaryRedirect", KindDenied},
		{412, "PreconditionFailed", KindPrecondition},
		{416, "InvalidRange", KindInvalidRange},
		{429, "TooManyRequests", KindThrottled},
		{429, "", KindThrottled},
		{503, "SlowDown", KindThrottled},
		{503, "RequestLimitExceeded", KindThrottled},
		{503, "ServiceUnavailable", KindUnavailable},
		{500, "InternalError", KindUnavailable},
		{502, "", KindUnavailable},
		{504, "", KindUnavailable},
		{409, "OperationAborted", KindUnavailable},
	} {
		t.Run(fmt.Sprintf("%d %s", c.status, c.code), func(t *testing.T) {
			s := newStub(t, serveError(c.status, c.code))
			_, _, err := readAll(t, testRouter(t, patient(), BreakerSettings{}, s.region("a", Source)), "k")
			assert.Equal(t, c.want, KindOf(err), "%v", err)
		})
	}
}

func TestNextRegionOnRetryableKinds(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		region  string // that answers; empty: the error is final
	}{
		{"500", serveError(500, "InternalError"), "far"},
		{"SlowDown", serveError(503, "SlowDown"), "far"},
		{"denied", serveError(403, "AccessDenied"), "far"},
		{"archived", serveError(403, "InvalidObjectState"), "far"},
		{"reset", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "far"},
		{"not found at the source", serveError(404, "NoSuchKey"), ""},
		{"precondition at the source", serveError(412, "PreconditionFailed"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			near, far := newStub(t, c.handler), newStub(t, serveBody("far body"))
			r := testRouter(t, patient(), BreakerSettings{}, near.region("near", Source), far.region("far", Replica))
			body, region, err := readAll(t, r, "k")
			if c.region == "" {
				require.Error(t, err)
				assert.Zero(t, far.gets.Load())
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.region, region)
			assert.Equal(t, "far body", body)
			assert.Equal(t, int64(1), near.gets.Load(), "the SDK must not retry by itself")
		})
	}
}

func TestRefusedConnectionsGoToTheNextRegion(t *testing.T) {
	gone := newStub(t, serveBody("never"))
	gone.Close()
	far := newStub(t, serveBody("far body"))
	r := testRouter(t, patient(), BreakerSettings{}, gone.region("near", Source), far.region("far", Replica))
	_, region, err := readAll(t, r, "k")
	require.NoError(t, err)
	assert.Equal(t, "far", region)
}

func TestThrottlingOpensNoBreakerAndFailuresDo(t *testing.T) {
	s := newStub(t, serveError(503, "SlowDown"))
	r := testRouter(t, patient(), BreakerSettings{ConsecutiveFailures: 3, Open: time.Hour}, s.region("a", Source))
	for range 10 {
		_, _, err := readAll(t, r, "k")
		assert.Equal(t, KindThrottled, KindOf(err))
	}
	assert.Equal(t, "closed", r.statusOf("a").Breaker)

	s.answer(serveError(500, "InternalError"))
	before := s.gets.Load()
	for range 10 {
		_, _, err := readAll(t, r, "k")
		require.Equal(t, KindUnavailable, KindOf(err))
		oe, _ := errors.AsType[*Error](err)
		assert.Positive(t, oe.RetryAfter)
	}
	assert.Equal(t, "open", r.statusOf("a").Breaker)
	assert.LessOrEqual(t, s.gets.Load()-before, int64(3), "an open breaker lets nothing through")
}

// While a breaker is not closed, visitors are not its probes: the prober is.
func TestHealedRegionComesBackByProbe(t *testing.T) {
	near, far := newStub(t, serveError(500, "InternalError")), newStub(t, serveBody("far body"))
	timing := patient()
	timing.ProbeInterval = 100 * time.Millisecond
	r := testRouter(t, timing, BreakerSettings{ConsecutiveFailures: 2, Open: 100 * time.Millisecond},
		near.region("near", Source), far.region("far", Replica))
	require.Eventually(t, func() bool {
		_, _, err := readAll(t, r, "k")
		return err == nil && r.statusOf("near").Breaker != "closed"
	}, time.Minute, time.Millisecond)
	before := near.gets.Load()
	for range 50 {
		_, region, err := readAll(t, r, "k")
		require.NoError(t, err)
		assert.Equal(t, "far", region)
	}
	assert.Equal(t, before, near.gets.Load(), "no visitor waits on a region that may be dead")

	near.answer(serveBody("near body"))
	require.Eventually(t, func() bool { return r.statusOf("near").Breaker == "closed" }, time.Minute, time.Millisecond)
	assert.Positive(t, near.heads.Load())
}

func TestBodiesThatEndWrongAreErrors(t *testing.T) {
	promise := func(w http.ResponseWriter, length, sent int, thenHang bool, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(length))
		if r.Method == http.MethodHead {
			return // a probe
		}
		_, _ = w.Write(make([]byte, sent))
		w.(http.Flusher).Flush()
		if thenHang {
			<-r.Context().Done()
		}
		panic(http.ErrAbortHandler)
	}
	timing := patient()
	timing.StallTimeout = 100 * time.Millisecond
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
	}{
		{"cut", func(w http.ResponseWriter, r *http.Request) { promise(w, 100_000, 50_000, false, r) }},
		{"stalled", func(w http.ResponseWriter, r *http.Request) { promise(w, 100_000, 50_000, true, r) }},
		{"wrong checksum", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amz-Checksum-Crc32", "AAAAAA==")
			_, _ = io.WriteString(w, "these bytes have another checksum")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStub(t, c.handler)
			r := testRouter(t, timing, BreakerSettings{ConsecutiveFailures: 2, Open: time.Hour}, s.region("a", Source))
			// The first probe, a success, may fall between two failures.
			for tries := 0; tries < 4 && r.statusOf("a").Breaker == "closed"; tries++ {
				resp, err := r.Fetch(t.Context(), Request{Key: "k"})
				require.NoError(t, err, "the header came")
				_, err = io.ReadAll(resp.Body)
				require.Error(t, err)
				assert.Equal(t, KindUnavailable, KindOf(err), "%v", err)
				require.NoError(t, resp.Body.Close())
			}
			assert.Equal(t, "open", r.statusOf("a").Breaker, "the breaker hears of it although the header was good")
		})
	}
}

func TestGivingUpSaysNothingAboutTheRegion(t *testing.T) {
	s := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000000")
		if r.Method == http.MethodHead {
			return // a probe
		}
		_, _ = w.Write(make([]byte, 1000))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	r := testRouter(t, patient(), BreakerSettings{ConsecutiveFailures: 1, Open: time.Hour}, s.region("a", Source))
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		resp, err := r.Fetch(ctx, Request{Key: "k"})
		require.NoError(t, err)
		cancel()
		_, err = io.ReadAll(resp.Body)
		assert.Equal(t, KindCanceled, KindOf(err), "%v", err)
		require.NoError(t, resp.Body.Close())

		resp, err = r.Fetch(t.Context(), Request{Key: "k"})
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close()) // abandoned
	}
	assert.Equal(t, "closed", r.statusOf("a").Breaker)
	assert.Zero(t, r.statusOf("a").InFlight, "every slot is given back")
}

func TestOneDeadlineOverAllAttempts(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	a, b, c := newStub(t, hang), newStub(t, hang), newStub(t, hang)
	timing := patient()
	timing.FirstByteTimeout, timing.Deadline = 200*time.Millisecond, 300*time.Millisecond
	r := testRouter(t, timing, BreakerSettings{}, a.region("a", Source), b.region("b", Replica), c.region("c", Replica))
	_, _, err := readAll(t, r, "k")
	assert.Equal(t, KindUnavailable, KindOf(err))
	assert.Equal(t, int64(1), a.gets.Load())
	assert.Equal(t, int64(1), b.gets.Load(), "it gets what is left of the deadline")
	assert.Zero(t, c.gets.Load(), "its turn came after the deadline")
}

func TestAbsenceIsTheSourcesWord(t *testing.T) {
	missing, broken := serveError(404, "NoSuchKey"), serveError(500, "InternalError")
	for _, c := range []struct {
		name            string
		source, replica http.HandlerFunc
		replicaFirst    bool
		want            Kind
	}{
		{"both lack it", missing, missing, true, KindNotFound},
		{"replica lacks it, source away", broken, missing, true, KindUnavailable},
		{"source away, replica lacks it", broken, missing, false, KindUnavailable},
		{"source lacks it, replica has it", missing, serveBody("old"), false, KindNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			source, replica := newStub(t, c.source), newStub(t, c.replica)
			regions := []RegionOptions{source.region("s", Source), replica.region("r", Replica)}
			if c.replicaFirst {
				regions[0], regions[1] = regions[1], regions[0]
			}
			_, _, err := readAll(t, testRouter(t, patient(), BreakerSettings{}, regions...), "k")
			assert.Equal(t, c.want, KindOf(err), "%v", err)
			assert.Equal(t, int64(1), source.gets.Load())
		})
	}
}

func TestRouterRefusesImpossibleRegions(t *testing.T) {
	ok := RegionOptions{Name: "a", Bucket: "b"}
	for name, regions := range map[string][]RegionOptions{
		"none":        {},
		"two sources": {ok, {Name: "c", Bucket: "b"}},
		"no source":   {{Name: "a", Bucket: "b", Role: Replica}},
		"same name":   {ok, {Name: "a", Bucket: "c", Role: Replica}},
		"no bucket":   {{Name: "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewRouter(t.Context(), Options{Regions: regions})
			assert.Error(t, err)
		})
	}
}
