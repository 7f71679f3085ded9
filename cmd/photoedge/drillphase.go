package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/jedib0t/go-pretty/v6/table"

	"photoedge/origin/s3local/photos"
)

// drillPhases is how many phases a whole drill has.
const drillPhases = 5

// drill runs phases of requests against the demo's edge and keeps what clients
// saw.
type drill struct {
	demo   *demo
	client *http.Client
	phases []*phaseResult
}

// phaseResult is what the clients and the regions saw in one phase.
type phaseResult struct {
	name     string
	requests int
	// fresh is the number of distinct photos asked for the first time.
	fresh      uint64
	errors     int
	firstError error
	outcomes   map[string]uint64
	gets       map[string]uint64       // by region
	firstByte  *hdrhistogram.Histogram // microseconds
	seen       map[string]struct{}     // keys of this phase
}

func newDrill(d *demo) *drill {
	return &drill{demo: d, client: &http.Client{
		Timeout:   drillTimeout,
		Transport: &http.Transport{MaxIdleConnsPerHost: drillClients, DisableCompression: true},
	}}
}

// repeat lists each photo askersPerPhoto times, the repetitions side by side, so that
// several clients ask for a cold photo at once.
func repeat(list []photos.Photo) []*photos.Photo {
	out := make([]*photos.Photo, 0, askersPerPhoto*len(list))
	for i := range list {
		for range askersPerPhoto {
			out = append(out, &list[i])
		}
	}
	return out
}

// sample draws n photos.
func sample(list []photos.Photo, n int) []*photos.Photo {
	rng := rand.New(rand.NewPCG(demoSeed, uint64(n)))
	out := make([]*photos.Photo, n)
	for i := range out {
		out[i] = &list[rng.IntN(len(list))]
	}
	return out
}

// mix spreads a evenly over b.
func mix(a, b []*photos.Photo) []*photos.Photo {
	out := make([]*photos.Photo, 0, len(a)+len(b))
	for i := range b {
		for len(out)-i < len(a)*i/len(b) {
			out = append(out, a[len(out)-i])
		}
		out = append(out, b[i])
	}
	return append(out, a[len(out)-len(b):]...)
}

// phase lets the clients ask for all of list and records what happened.
func (dr *drill) phase(ctx context.Context, name string, list []*photos.Photo) {
	if ctx.Err() != nil {
		return
	}
	fmt.Fprintf(dr.demo.term.err, "%s: %d requests\n", name, len(list))
	p := &phaseResult{
		name: name, requests: len(list), outcomes: map[string]uint64{}, gets: map[string]uint64{},
		firstByte: hdrhistogram.New(1, time.Minute.Microseconds(), 3), seen: map[string]struct{}{},
	}
	for _, photo := range list {
		if !dr.asked(photo.Key) {
			p.seen[photo.Key] = struct{}{}
		}
	}
	p.fresh = uint64(len(p.seen))
	getsBefore, outcomesBefore := dr.gets(), dr.demo.edge.handler.Counters().Outcomes

	var mu sync.Mutex
	var wg sync.WaitGroup
	work := make(chan *photos.Photo)
	for range drillClients {
		wg.Go(func() {
			for photo := range work {
				took, err := dr.ask(ctx, photo)
				mu.Lock()
				p.add(took, err)
				mu.Unlock()
			}
		})
	}
	for _, photo := range list {
		work <- photo
	}
	close(work)
	wg.Wait()

	for region, n := range dr.gets() {
		p.gets[region] = n - getsBefore[region]
	}
	for outcome, n := range dr.demo.edge.handler.Counters().Outcomes {
		if n -= outcomesBefore[outcome]; n > 0 {
			p.outcomes[outcome] = n
		}
	}
	dr.phases = append(dr.phases, p)
}

// asked says whether an earlier phase asked for key.
func (dr *drill) asked(key string) bool {
	for _, p := range dr.phases {
		if _, ok := p.seen[key]; ok {
			return true
		}
	}
	return false
}

func (dr *drill) gets() map[string]uint64 {
	out := map[string]uint64{}
	for _, r := range dr.demo.cluster.Regions() {
		out[r.Name()] = uint64(r.Counts().Get)
	}
	return out
}

func (p *phaseResult) add(took time.Duration, err error) {
	if err == nil {
		_ = p.firstByte.RecordValue(max(1, took.Microseconds())) // the client's timeout keeps it in range
		return
	}
	p.errors++
	if p.firstError == nil {
		p.firstError = err
	}
}

// ask fetches one photo as a visitor would and compares every byte by hash.
func (dr *drill) ask(ctx context.Context, photo *photos.Photo) (firstByte time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, dr.demo.edge.photoURL()+"/"+photo.Key, nil)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	resp, err := dr.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	firstByte = time.Since(start)
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%s: after %d bytes: %w", photo.Key, len(body), err)
	case resp.StatusCode != http.StatusOK:
		return 0, fmt.Errorf("%s: %s", photo.Key, resp.Status)
	case digest(body) != photo.SHA256:
		return 0, fmt.Errorf("%s: wrong bytes", photo.Key)
	}
	return firstByte, nil
}

// table renders all phases.
func (dr *drill) table() string {
	w := table.NewWriter()
	w.SetStyle(table.StyleLight)
	header := table.Row{"phase", "requests", "errors", "outcomes"}
	for _, r := range dr.demo.cluster.Regions() {
		header = append(header, "GETs "+r.Role().String())
	}
	w.AppendHeader(append(header, "p50 first byte", "p99 first byte"))
	for _, p := range dr.phases {
		row := table.Row{p.name, p.requests, p.errors, outcomeList(p.outcomes)}
		for _, r := range dr.demo.cluster.Regions() {
			row = append(row, p.gets[r.Name()])
		}
		w.AppendRow(append(row, milliseconds(p.firstByte.ValueAtQuantile(50)), milliseconds(p.firstByte.ValueAtQuantile(99))))
	}
	return w.Render()
}

func outcomeList(outcomes map[string]uint64) string {
	names := make([]string, 0, len(outcomes))
	for name := range outcomes {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return outcomes[names[i]] > outcomes[names[j]] })
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = fmt.Sprintf("%s %d", name, outcomes[name])
	}
	return strings.Join(parts, ", ")
}

func milliseconds(us int64) string { return fmt.Sprintf("%.2f ms", float64(us)/1000) }
