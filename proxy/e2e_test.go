package proxy_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"photoedge/cache"
	"photoedge/origin"
	"photoedge/origin/s3local"
	"photoedge/origin/s3test"
	"photoedge/proxy"
)

// wholeEdge is store, router, handler and server as serve puts them together.
type wholeEdge struct {
	url     string
	handler *proxy.Handler
	router  *origin.Router
	store   *cache.Store
}

func startEdge(t *testing.T, timing origin.Timing, breaker origin.BreakerSettings, regions ...origin.RegionOptions) *wholeEdge {
	t.Helper()
	router, err := origin.NewRouter(t.Context(), origin.Options{Regions: regions, Timing: timing, Breaker: breaker})
	require.NoError(t, err)
	store, err := cache.NewStore(cache.Options{Memory: 256 << 20})
	require.NoError(t, err)
	handler, err := proxy.NewHandler(proxy.Options{
		Store: store, FillMemory: 64 << 20, Log: slog.New(slog.DiscardHandler),
		Sites: []proxy.Site{{
			Name: "photos", Hosts: []string{"*"}, Origin: router,
			Policy: cache.Policy{DefaultTTL: time.Hour, NegativeTTL: time.Millisecond, StaleIfError: time.Hour},
		}},
	})
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := proxy.NewServer(handler, proxy.ServerOptions{})
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		_ = server.Shutdown(ctx)
		assert.NoError(t, <-served)
		handler.Close()
		router.Close()
		store.Close()
	})
	return &wholeEdge{"http://" + ln.Addr().String(), handler, router, store}
}

func (e *wholeEdge) get(ctx context.Context, key string) (status int, body []byte, header http.Header, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.url+"/"+key, nil)
	if err != nil {
		return 0, nil, nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, resp.Header, err
}

func photo(n int) []byte {
	b := make([]byte, n)
	x := uint32(n) + 7
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// TestRealS3 is the whole edge before two regions of a real S3 server: served
// from the source, from memory, from the replica when the source is dark, when
// it refuses, and from the source again.
func TestRealS3(t *testing.T) {
	source := s3test.StartRegion(t, s3test.RegionOptions{Name: "us-east-1", Bucket: "photos-near"})
	replica := s3test.StartRegion(t, s3test.RegionOptions{Name: "us-west-2", Bucket: "photos-far"})
	t.Setenv("AWS_ACCESS_KEY_ID", source.AccessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", source.SecretKey)
	timing := origin.Timing{FirstByteTimeout: 2 * time.Second, Deadline: time.Minute, ProbeInterval: 200 * time.Millisecond}
	edge := startEdge(t, timing, origin.BreakerSettings{ConsecutiveFailures: 2, Open: 300 * time.Millisecond},
		origin.RegionOptions{Name: "near", Bucket: source.Bucket, Role: origin.Source, SigningRegion: source.SigningRegion, Endpoint: source.Endpoint, PathStyle: true},
		origin.RegionOptions{Name: "far", Bucket: replica.Bucket, Role: origin.Replica, SigningRegion: replica.SigningRegion, Endpoint: replica.Endpoint, PathStyle: true})

	bodies := map[string][]byte{}
	for i := range 12 {
		key := fmt.Sprintf("event/%02d photo+é.jpg", i)
		bodies[key] = photo(50_000 + i*100_000)
		source.Put(key, bodies[key], s3test.PutOptions{ContentType: "image/jpeg", CacheControl: "max-age=3600"})
		replica.CopyFrom(source, key)
	}
	check := func(i int, wantStatus string) {
		t.Helper()
		key := fmt.Sprintf("event/%02d photo+é.jpg", i)
		escaped := fmt.Sprintf("event/%02d%%20photo+%%C3%%A9.jpg", i)
		status, body, header, err := edge.get(t.Context(), escaped)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, sha256.Sum256(bodies[key]), sha256.Sum256(body))
		assert.Contains(t, header.Get("Cache-Status"), wantStatus)
		assert.Equal(t, "image/jpeg", header.Get("Content-Type"))
	}
	check(0, "detail=") // whichever was measured nearer: they are equals
	require.Eventually(t, func() bool { n, _ := edge.handler.Fills(); return n == 0 }, time.Minute, time.Millisecond)
	check(0, "hit")

	source.Pause()
	check(1, "detail=far")
	check(2, "detail=far")
	source.Resume()
	source.Stop()
	check(3, "detail=far")
	check(0, "hit")
	source.Restart()
	require.Eventually(t, func() bool {
		for _, r := range edge.router.Regions() {
			if r.Breaker != "closed" {
				return false
			}
		}
		return true
	}, time.Minute, 10*time.Millisecond)
	replica.Pause()
	check(4, "detail=near") // the source is back and carries all of it
	replica.Resume()

	status, _, _, err := edge.get(t.Context(), "event/none.jpg")
	require.NoError(t, err)
	assert.Equal(t, http.StatusNotFound, status)
	source.Pause()
	status, _, header, err := edge.get(t.Context(), "event/none-2.jpg")
	source.Resume()
	require.NoError(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, status, "a replica's 404 is not the truth")
	assert.NotEmpty(t, header.Get("Retry-After"))
}

// TestHerdOnASlowRegion: 200 clients on one cold photo of 4 MB against a
// region that gives 2 MB a second. One GET; nobody waits for the whole; memory
// stays within one buffer. How far the first bytes lie apart is printed (-v).
func TestHerdOnASlowRegion(t *testing.T) {
	const clients, size = 200, 4 << 20
	cluster, err := s3local.Start(s3local.Options{Regions: []s3local.RegionOptions{
		{Name: "near", Bucket: "photos", Role: s3local.Source, Rate: 2 << 20},
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cluster.Close()) })
	region := cluster.Region("near")
	body := photo(size)
	cluster.Put("herd.jpg", body, s3local.Metadata{ContentType: "image/jpeg"})
	// The region holds its answer back until the whole herd has asked.
	region.SetLatency(time.Hour)
	edge := startEdge(t, origin.Timing{FirstByteTimeout: time.Minute, StallTimeout: time.Minute, Deadline: time.Minute}, origin.BreakerSettings{},
		origin.RegionOptions{Name: "near", Bucket: "photos", Role: origin.Source, Endpoint: region.Endpoint(), PathStyle: true, Anonymous: true})

	var before, during runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	type arrival struct {
		first time.Time
		sent  int64 // bytes that had left the region by then
		err   error
	}
	arrivals := make(chan arrival, clients)
	done := make(chan error, clients)
	var asked sync.WaitGroup
	for range clients {
		asked.Add(1)
		go func() {
			conn, err := net.Dial("tcp", strings.TrimPrefix(edge.url, "http://"))
			if err == nil {
				defer conn.Close()
				_, err = io.WriteString(conn, "GET /herd.jpg HTTP/1.1\r\nHost: edge\r\n\r\n")
			}
			asked.Done()
			if err == nil {
				err = followBody(conn, body, func() { arrivals <- arrival{time.Now(), region.Counts().BytesOut, nil} })
			}
			if err != nil {
				arrivals <- arrival{err: err}
			}
			done <- err
		}()
	}
	asked.Wait()
	require.Eventually(t, func() bool { return region.Counts().Get == 1 }, time.Minute, time.Millisecond)
	require.Eventually(t, func() bool { return edge.handler.Followers("photos", "herd.jpg") == clients }, time.Minute, time.Millisecond)
	region.SetLatency(0)

	var first, last time.Time
	for range clients {
		a := <-arrivals
		require.NoError(t, a.err)
		assert.Less(t, a.sent, int64(size), "the first byte came before the region had sent the last")
		if first.IsZero() || a.first.Before(first) {
			first = a.first
		}
		if a.first.After(last) {
			last = a.first
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&during)
	_, buffered := edge.handler.Fills()
	assert.LessOrEqual(t, buffered, int64(size), "one buffer")
	for range clients {
		require.NoError(t, <-done)
	}
	assert.Equal(t, int64(1), region.Counts().Get)
	t.Logf("first bytes of %d clients lie within %v; heap grew by %.1f MB with %d connections on both sides",
		clients, last.Sub(first), float64(int64(during.HeapAlloc)-int64(before.HeapAlloc))/(1<<20), clients)
}

// followBody reads one response off conn, calls first when the first byte of
// the body is in, and compares all of it. It is a client that costs little, so
// that 200 of them measure the edge and not themselves.
func followBody(conn net.Conn, want []byte, first func()) error {
	buf := make([]byte, 64<<10)
	var head []byte
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return err
		}
		head = append(head, buf[:n]...)
		if _, rest, ok := bytes.Cut(head, []byte("\r\n\r\n")); ok && len(rest) > 0 {
			first()
			return compareRest(conn, buf, rest, want)
		}
	}
}

func compareRest(conn net.Conn, buf, got, want []byte) error {
	for {
		if len(got) > len(want) || !bytes.Equal(got, want[:len(got)]) {
			return errors.New("wrong bytes")
		}
		if want = want[len(got):]; len(want) == 0 {
			return nil
		}
		n, err := conn.Read(buf)
		if err != nil {
			return err
		}
		got = buf[:n]
	}
}
