package gallery

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeBackend is a demo of two regions. A region that is dark has an open
// breaker.
type fakeBackend struct {
	mu     sync.Mutex
	state  State
	faults []string // "region fault" for each SetFault
}

func newFake() *fakeBackend {
	return &fakeBackend{state: State{
		Regions: []Region{
			{Name: "ap-northeast-2", Role: "source", Fault: "none", Breaker: "closed", TTFB: 14200 * time.Microsecond, Gets: 214, Bytes: 71_400_000},
			{Name: "ap-northeast-1", Role: "replica", Fault: "none", Breaker: "closed", TTFB: 43 * time.Millisecond, Gets: 9, Bytes: 2_100_000},
		},
		Outcomes:   map[string]uint64{"hit": 1812, "miss": 203, "follow": 41, "stale": 24},
		CacheBytes: 73_500_000, CacheEntries: 203,
	}}
}

func (f *fakeBackend) State() State {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.state
	s.Regions = append([]Region(nil), s.Regions...)
	s.Outcomes = map[string]uint64{}
	for k, v := range f.state.Outcomes {
		s.Outcomes[k] = v
	}
	return s
}

func (f *fakeBackend) change(how func(*State)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	how(&f.state)
}

func (f *fakeBackend) calls() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.faults...)
}

func (f *fakeBackend) SetFault(region, fault string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.state.Regions {
		r := &f.state.Regions[i]
		if r.Name != region {
			continue
		}
		switch fault {
		case "none":
			r.Breaker = "closed"
		case "dark", "refused":
			r.Breaker = "open"
		default:
			return fmt.Errorf("no fault is named %q", fault)
		}
		r.Fault = fault
		f.faults = append(f.faults, region+" "+fault)
		return nil
	}
	return fmt.Errorf("%w: %s", ErrUnknownRegion, region)
}

func someAlbums() []Album {
	return []Album{
		{Name: "one", Title: "Album <One>", Photos: []Photo{{Key: "one/a b?.jpg", Title: `A "b"`, Width: 30, Height: 20, Size: 1_234_567}}},
		{Name: "two", Title: "Two", Photos: []Photo{{Key: "two/1.jpg", Title: "First", Width: 20, Height: 30, Size: 20_480}}},
	}
}

func newHandler(b Backend) http.Handler {
	return Handler(Options{Backend: b, Albums: someAlbums(), EdgeURL: "http://edge.example:8080/", Interval: time.Millisecond})
}

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w
}

func TestPageHoldsEveryPhoto(t *testing.T) {
	w := get(t, newHandler(newFake()), "/")
	require.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	page := w.Body.String()
	assert.Contains(t, page, `src="http://edge.example:8080/one/a%20b%3F.jpg"`)
	assert.Contains(t, page, `alt="A &#34;b&#34;" width="30" height="20" loading="lazy"`)
	assert.Contains(t, page, "Album &lt;One&gt;")
	assert.Contains(t, page, "30 × 20, 1.2 MB")
	assert.Contains(t, page, "20 × 30, 20 KB")
	assert.Contains(t, page, "<option>slow-down</option>")
	assert.NotContains(t, page, "style=")
	assert.NotContains(t, page, "<script>")
}

func TestPageWithoutPhotos(t *testing.T) {
	w := get(t, Handler(Options{Backend: newFake(), EdgeURL: "http://edge.example", Faults: []string{"odd"}}), "/")
	assert.Contains(t, w.Body.String(), "There are no photos.")
	assert.Contains(t, w.Body.String(), "<option>odd</option>")
	assert.NotContains(t, w.Body.String(), "slow-down")
}

func TestPolicy(t *testing.T) {
	for edge, source := range map[string]string{
		"http://127.0.0.1:8080":        "http://127.0.0.1:8080",
		"https://img.example.com/demo": "https://img.example.com",
		"http://[::1]:8080":            "http:",
	} {
		t.Run(edge, func(t *testing.T) {
			h := Handler(Options{Backend: newFake(), EdgeURL: edge})
			for _, path := range []string{"/", "/state", "/assets/app.js", "/none"} {
				w := get(t, h, path)
				policy := w.Header().Get("Content-Security-Policy")
				assert.Contains(t, policy, "default-src 'self';")
				assert.Contains(t, policy, "img-src 'self' "+source+";")
				assert.NotContains(t, policy, "unsafe")
				assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
			}
		})
	}
}

func TestAssetsAndRoutes(t *testing.T) {
	h := newHandler(newFake())
	for path, kind := range map[string]string{
		"/assets/app.js": "javascript", "/assets/style.css": "text/css", "/assets/favicon.svg": "image/svg+xml",
	} {
		w := get(t, h, path)
		assert.Equal(t, http.StatusOK, w.Code, path)
		assert.Contains(t, w.Header().Get("Content-Type"), kind)
	}
	assert.Equal(t, http.StatusNotFound, get(t, h, "/nowhere").Code)
	assert.Equal(t, http.StatusNotFound, get(t, h, "/assets/none.js").Code)
	assert.Equal(t, http.StatusMethodNotAllowed, get(t, h, "/regions/ap-northeast-1/fault").Code)
}

func TestOptionsThatCannotBe(t *testing.T) {
	assert.Panics(t, func() { Handler(Options{EdgeURL: "http://edge.example"}) })
	for _, edge := range []string{"", "edge.example:8080", "ftp://edge.example", "http://", "http://a b"} {
		assert.Panics(t, func() { Handler(Options{Backend: newFake(), EdgeURL: edge}) }, edge)
	}
}

func TestState(t *testing.T) {
	w := get(t, newHandler(newFake()), "/state")
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	assert.JSONEq(t, `{
		"regions": [
			{"name":"ap-northeast-2","role":"source","fault":"none","breaker":"closed","ttfb_ms":14.2,"gets":214,"bytes":71400000},
			{"name":"ap-northeast-1","role":"replica","fault":"none","breaker":"closed","ttfb_ms":43,"gets":9,"bytes":2100000}],
		"outcomes": {"hit":1812,"miss":203,"follow":41,"stale":24},
		"requests": 2080, "hit_ratio": 0.8826923076923077,
		"cache": {"bytes":73500000,"entries":203},
		"errors": 0}`, w.Body.String())
}

func TestStateBeforeTheFirstRequest(t *testing.T) {
	b := &fakeBackend{state: State{Regions: []Region{{Name: "r", Role: "source"}}}}
	w := get(t, newHandler(b), "/state")
	assert.JSONEq(t, `{
		"regions": [{"name":"r","role":"source","fault":"none","breaker":"","ttfb_ms":null,"gets":0,"bytes":0}],
		"outcomes": {}, "requests": 0, "hit_ratio": null, "cache": {"bytes":0,"entries":0},
		"errors": 0}`, w.Body.String())
}

func TestFault(t *testing.T) {
	const jsonType, formType = "application/json", "application/x-www-form-urlencoded"
	for name, tc := range map[string]struct {
		region, kind, body string
		status             int
		says               string
	}{
		"json":            {"ap-northeast-2", jsonType, `{"fault":"dark"}`, 204, ""},
		"json, charset":   {"ap-northeast-2", jsonType + "; charset=utf-8", `{"fault":"dark"}`, 204, ""},
		"form":            {"ap-northeast-2", formType, "fault=dark", 204, ""},
		"heal":            {"ap-northeast-1", formType, "fault=none", 204, ""},
		"unknown region":  {"eu-west-9", formType, "fault=dark", 404, "no such region: eu-west-9"},
		"unknown fault":   {"ap-northeast-2", formType, "fault=tired", 400, `no fault is named "tired"`},
		"no fault":        {"ap-northeast-2", formType, "", 400, "name a fault"},
		"not JSON":        {"ap-northeast-2", jsonType, "{", 400, "name a fault"},
		"no content type": {"ap-northeast-2", "", "fault=dark", 400, "name a fault"},
		"endless":         {"ap-northeast-2", formType, "fault=" + strings.Repeat("a", 2000), 400, "name a fault"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newFake()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/regions/"+tc.region+"/fault", strings.NewReader(tc.body))
			if tc.kind != "" {
				r.Header.Set("Content-Type", tc.kind)
			}
			w := httptest.NewRecorder()
			newHandler(b).ServeHTTP(w, r)
			assert.Equal(t, tc.status, w.Code)
			if tc.status == http.StatusNoContent {
				assert.Len(t, b.calls(), 1)
				assert.Empty(t, w.Body.String())
				return
			}
			assert.Empty(t, b.calls())
			var answer struct{ Error string }
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
			assert.Contains(t, answer.Error, tc.says)
		})
	}
}

func TestFaultFromElsewhere(t *testing.T) {
	for name, tc := range map[string]struct {
		header, value string
		status        int
	}{
		"this page":          {"Sec-Fetch-Site", "same-origin", 204},
		"typed by a person":  {"Sec-Fetch-Site", "none", 204},
		"another site":       {"Sec-Fetch-Site", "cross-site", 403},
		"another port":       {"Sec-Fetch-Site", "same-site", 403},
		"old browser, other": {"Origin", "http://evil.example", 403},
		"old browser, same":  {"Origin", "http://example.com", 204},
		"curl":               {"User-Agent", "curl/8", 204},
	} {
		t.Run(name, func(t *testing.T) {
			b := newFake()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://example.com/regions/ap-northeast-2/fault", strings.NewReader("fault=dark"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(tc.header, tc.value)
			w := httptest.NewRecorder()
			newHandler(b).ServeHTTP(w, r)
			assert.Equal(t, tc.status, w.Code)
			if tc.status != http.StatusNoContent {
				assert.Empty(t, b.calls())
				assert.JSONEq(t, `{"error":"only this page may do that"}`, w.Body.String())
			}
		})
	}
}

// nextEvent reads up to the end of the next data line.
func nextEvent(t *testing.T, r *bufio.Reader) *stateJSON {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		require.NoError(t, err)
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			var s stateJSON
			require.NoError(t, json.Unmarshal([]byte(data), &s))
			return &s
		}
	}
}

func openEvents(t *testing.T, ctx context.Context, url string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/events", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { answer.Body.Close() })
	assert.Equal(t, "text/event-stream", answer.Header.Get("Content-Type"))
	return answer
}

func TestEventsFollowTheState(t *testing.T) {
	b := newFake()
	server := httptest.NewServer(newHandler(b))
	defer server.Close()
	events := bufio.NewReader(openEvents(t, t.Context(), server.URL).Body)
	assert.Equal(t, uint64(214), nextEvent(t, events).Regions[0].Gets)
	b.change(func(s *State) { s.Regions[0].Gets = 999 })
	seen := nextEvent(t, events)
	for seen.Regions[0].Gets != 999 { // the test's deadline ends this
		seen = nextEvent(t, events)
	}
}

func TestEventsEnd(t *testing.T) {
	handlerDone := make(chan struct{}, 2)
	inner := newHandler(newFake())
	serving, stop := context.WithCancel(t.Context())
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { handlerDone <- struct{}{} }()
		inner.ServeHTTP(w, r)
	}))
	server.Config.BaseContext = func(net.Listener) context.Context { return serving }
	server.Start()
	defer server.Close()

	// The client leaves.
	visit, leave := context.WithCancel(t.Context())
	nextEvent(t, bufio.NewReader(openEvents(t, visit, server.URL).Body))
	leave()
	<-handlerDone

	// The server stops: the client sees the end, cleanly.
	stream := openEvents(t, t.Context(), server.URL)
	stop()
	_, err := io.Copy(io.Discard, stream.Body)
	assert.NoError(t, err)
	<-handlerDone
}
