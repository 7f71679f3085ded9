package gallery

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"photoedge/origin/s3local/photos"
)

// fakeEdge serves photos as the edge would, and may fail some.
type fakeEdge struct {
	mu      sync.Mutex
	bodies  map[string][]byte
	failing map[string]bool
	asked   map[string]int // with a query: reloads
}

func (e *fakeEdge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := strings.TrimPrefix(r.URL.Path, "/")
	e.mu.Lock()
	body, failing := e.bodies[key], e.failing[key]
	if r.URL.RawQuery != "" {
		e.asked[key]++
	}
	e.mu.Unlock()
	if failing || body == nil {
		http.Error(w, "every region failed", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write(body)
}

func (e *fakeEdge) reloads() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for _, asked := range e.asked {
		n += asked
	}
	return n
}

// visit is a browser on the page, with what it complained about.
type visit struct {
	ctx     context.Context
	url     string
	backend *fakeBackend
	edge    *fakeEdge

	mu         sync.Mutex
	complaints []string
}

// newVisit starts a demo with some photos, and a browser. Chromium is needed: the page is nothing
// that a test without one could vouch for.
func newVisit(t *testing.T, count int, broken ...string) *visit {
	t.Helper()
	v := &visit{backend: newFake(), edge: &fakeEdge{bodies: map[string][]byte{}, failing: map[string]bool{}, asked: map[string]int{}}}
	for _, key := range broken {
		v.edge.failing[key] = true
	}
	list, err := photos.Generate(t.Context(), photos.Options{Seed: 2026, Count: count, MaxSize: 160 << 10}, nil)
	require.NoError(t, err)
	edge := httptest.NewServer(v.edge)
	t.Cleanup(edge.Close)
	page := httptest.NewServer(Handler(Options{
		Backend: v.backend, Albums: v.albums(list), EdgeURL: edge.URL, Interval: 20 * time.Millisecond,
	}))
	t.Cleanup(func() {
		page.CloseClientConnections() // the browser may take its time to go
		page.Close()
	})
	v.url = page.URL

	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.DisableGPU, chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1280, 900))
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox) // Chromium has no sandbox for root
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {})) // it logs events that it does not know
	t.Cleanup(cancel)
	chromedp.ListenTarget(ctx, v.listen)
	v.ctx = ctx
	require.NoError(t, chromedp.Run(ctx, cdplog.Enable(), runtime.Enable()),
		"this test needs Chromium in the PATH: install the package chromium, or Google Chrome")
	return v
}

func (v *visit) albums(list []photos.Photo) []Album {
	var albums []Album
	for i := range list {
		p := &list[i]
		v.edge.bodies[p.Key] = p.Body
		if n := len(albums); n == 0 || albums[n-1].Name != p.Album {
			title := strings.ReplaceAll(p.Album, "-", " ")
			albums = append(albums, Album{Name: p.Album, Title: strings.ToUpper(title[:1]) + title[1:]})
		}
		last := &albums[len(albums)-1]
		last.Photos = append(last.Photos, Photo{Key: p.Key, Title: p.Title, Width: p.Width, Height: p.Height, Size: len(p.Body)})
	}
	return albums
}

// listen collects errors: those of the console, of scripts and of the policy.
func (v *visit) listen(event any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		v.complaints = append(v.complaints, e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		v.complaints = append(v.complaints, fmt.Sprintf("console.%s: %s", e.Type, e.Args[0].Value))
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.LevelError || e.Entry.Level == cdplog.LevelWarning {
			v.complaints = append(v.complaints, e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

func (v *visit) complained() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string(nil), v.complaints...)
}

// until waits for a JavaScript condition.
func (v *visit) until(t *testing.T, condition string) {
	t.Helper()
	var ok bool
	err := chromedp.Run(v.ctx, chromedp.Poll(condition, &ok, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(30*time.Second)))
	require.NoError(t, err, condition)
}

func (v *visit) do(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	require.NoError(t, chromedp.Run(v.ctx, actions...))
}

func (v *visit) open(t *testing.T) {
	t.Helper()
	v.do(t, chromedp.Navigate(v.url))
	v.until(t, `document.querySelectorAll('.region').length === 2`)
	v.until(t, allSettled)
}

const (
	// allSettled: every photo in the window loaded or failed.
	allSettled = `(() => { const seen = [...document.querySelectorAll('.photo')].filter(p => { const r = p.getBoundingClientRect(); return r.bottom > 0 && r.top < innerHeight });
		return document.readyState === "complete" && seen.every(p => p.matches('.loaded, .broken') && !p.matches('.again')) })()`
	source = `[data-region="ap-northeast-2"]`
)

func TestVisitor(t *testing.T) {
	v := newVisit(t, 16)
	v.open(t)

	t.Run("events move the cards", func(t *testing.T) {
		v.until(t, `document.querySelector('`+source+` .ttfb').textContent === '14 ms'`)
		v.until(t, `document.querySelector('#hit-ratio').textContent === '88.2 %'`)
		v.backend.change(func(s *State) { s.Regions[0].Gets = 4321; s.Outcomes["revalidated"] = 7 })
		v.until(t, `document.querySelector('`+source+` .gets').textContent === '4,321'`)
		v.until(t, `document.querySelector('#outcomes [data-outcome=revalidated] b').textContent === '7'`)
		v.until(t, `[...document.querySelectorAll('#outcomes li')].map(li => li.dataset.outcome).join() === 'hit,stale,revalidated,follow,miss'`)
	})
	t.Run("darken, another fault, heal", func(t *testing.T) {
		v.do(t, chromedp.Click(source+" .darken", chromedp.ByQuery))
		v.until(t, `document.querySelector('`+source+`').dataset.health === 'down' && document.querySelector('`+source+` .fault').textContent === 'dark'`)
		v.until(t, `document.querySelector('#announce').textContent.startsWith('ap-northeast-2:')`)
		v.do(t, chromedp.Click(source+" .apply", chromedp.ByQuery))
		v.until(t, `document.querySelector('`+source+` .fault').textContent === 'refused'`)
		v.do(t, chromedp.Click(source+" .heal", chromedp.ByQuery))
		v.until(t, `document.querySelector('`+source+` .status-text').textContent === 'Healthy' && document.querySelector('`+source+` .heal').disabled`)
		assert.Equal(t, []string{"ap-northeast-2 dark", "ap-northeast-2 refused", "ap-northeast-2 none"}, v.backend.calls())
	})
	t.Run("reload goes through the edge", func(t *testing.T) {
		require.Zero(t, v.edge.reloads())
		v.do(t, chromedp.Click("#reload", chromedp.ByQuery))
		v.until(t, `/^\d+ reloaded in [\d,]+ ms, none failed$/.test(document.querySelector('#reload-says').textContent)`)
		assert.Positive(t, v.edge.reloads())
		v.until(t, allSettled)
	})
	t.Run("lightbox by keyboard", func(t *testing.T) {
		v.do(t, chromedp.Focus(".photo", chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
		v.until(t, `document.querySelector('#lightbox').open && document.querySelector('#lightbox-place').textContent === '1 of 16'`)
		v.do(t, chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent(kb.ArrowLeft))
		v.until(t, `document.querySelector('#lightbox-place').textContent === '2 of 16' && document.querySelector('#lightbox-image').naturalWidth > 0`)
		v.do(t, chromedp.KeyEvent(kb.Escape))
		v.until(t, `!document.querySelector('#lightbox').open && document.activeElement === document.querySelectorAll('.photo')[1]`)
	})
	assert.Equal(t, "0", v.text(t, "#failed"))
	assert.Empty(t, v.complained())
}

func (v *visit) text(t *testing.T, selector string) (text string) {
	t.Helper()
	v.do(t, chromedp.Text(selector, &text, chromedp.ByQuery))
	return text
}

func TestBrokenPhotoIsSeenAndCounted(t *testing.T) {
	v := newVisit(t, 16, "marathon-2026/0002.jpg")
	v.open(t)
	v.until(t, `document.querySelector('#failed').textContent === '1'`)
	v.until(t, `document.querySelector('.photo.broken').dataset.key === 'marathon-2026/0002.jpg'`)

	// It fails again when it is reloaded, and is whole once the edge has it.
	v.do(t, chromedp.Click("#reload", chromedp.ByQuery))
	v.until(t, `document.querySelector('#reload-says').textContent.endsWith(', 1 failed') && document.querySelector('#failed').textContent === '2'`)
	v.edge.mu.Lock()
	v.edge.failing = nil
	v.edge.mu.Unlock()
	v.do(t, chromedp.Click("#reload", chromedp.ByQuery))
	v.until(t, `document.querySelectorAll('.photo.broken').length === 0 && document.querySelector('#failed').textContent === '2'`)
}

func TestUnknownFaultIsShown(t *testing.T) {
	v := newVisit(t, 16)
	v.open(t)
	v.do(t, chromedp.SetValue(source+" select", "latency", chromedp.ByQuery), chromedp.Click(source+" .apply", chromedp.ByQuery))
	v.until(t, `document.querySelector('`+source+` .problem').textContent === 'no fault is named "latency"'`)
}

// TestScreenshots takes pictures of the page when PHOTOEDGE_SCREENSHOTS names a
// folder; else it only checks that nothing is wider than the window.
func TestScreenshots(t *testing.T) {
	v := newVisit(t, 80, "wedding-kim-lee/0003.jpg")
	folder := os.Getenv("PHOTOEDGE_SCREENSHOTS")
	for _, look := range []struct {
		name, scheme  string
		width, height int64
		dark          bool // the source, not the colours
	}{
		{"light", "light", 1440, 1000, false},
		{"dark", "dark", 1440, 1000, true},
		{"phone", "light", 390, 844, true},
		{"phone-dark", "dark", 390, 844, false},
		{"narrow", "light", 320, 640, false},
		{"tablet", "dark", 820, 1180, false},
		{"wide", "light", 2200, 1200, false},
	} {
		fault := "none"
		if look.dark {
			fault = "dark"
		}
		require.NoError(t, v.backend.SetFault("ap-northeast-2", fault))
		v.do(t, chromedp.EmulateViewport(look.width, look.height),
			emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: look.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
			}))
		v.open(t)
		v.until(t, `document.documentElement.scrollWidth <= innerWidth`)
		v.shoot(t, folder, look.name)
		v.do(t, chromedp.Evaluate(`scrollTo(0, innerHeight)`, nil))
		v.until(t, allSettled)
		v.shoot(t, folder, look.name+"-photos")
	}
	v.do(t, chromedp.EmulateViewport(1440, 1000), chromedp.Focus(".photo", chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
	v.until(t, `document.querySelector('#lightbox-image').naturalWidth > 0`)
	v.shoot(t, folder, "lightbox")
}

func (v *visit) shoot(t *testing.T, folder, name string) {
	t.Helper()
	if folder == "" {
		return
	}
	var png []byte
	v.do(t, chromedp.CaptureScreenshot(&png))
	require.NoError(t, os.WriteFile(filepath.Join(folder, name+".png"), png, 0o644))
}
