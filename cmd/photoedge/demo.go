package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"photoedge/cmd/photoedge/gallery"
	"photoedge/config"
	"photoedge/origin/s3local"
	"photoedge/origin/s3local/photos"
)

// The demo's two regions: names of real ones, distances of a visitor nearby.
const (
	demoSource         = "ap-northeast-2"
	demoReplica        = "ap-northeast-1"
	demoSourceLatency  = 12 * time.Millisecond
	demoReplicaLatency = 40 * time.Millisecond
	demoLag            = 200 * time.Millisecond

	demoSeed   = 2026
	demoPhotos = 300
)

type demoFlags struct {
	listen, gallery string
	photos          int
	drill           bool
	// patience is the first-byte timeout. Short where a person watches the
	// failover; long where a busy machine must not be taken for a dark region.
	patience time.Duration
}

const (
	galleryPatience = 500 * time.Millisecond
	drillPatience   = 2 * time.Second
)

func newDemo(t *terminal) *cobra.Command {
	c := &cobra.Command{
		Use:   "demo",
		Short: "An edge with two embedded S3 regions and a gallery: nothing to set up, no network",
		Args:  noArgs,
	}
	var f demoFlags
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8080", "`address` that serves photos")
	c.Flags().StringVar(&f.gallery, "gallery", "127.0.0.1:8081", "`address` of the gallery page")
	c.Flags().IntVar(&f.photos, "photos", demoPhotos, "`number` of photos to make")
	c.Flags().BoolVar(&f.drill, "drill", false, "no page: darken and heal the source under load, print what clients saw, exit 1 on any error")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if f.photos < minDemoPhotos || f.photos > maxDemoPhotos {
			return usageError{fmt.Errorf("--photos must be between %d and %d", minDemoPhotos, maxDemoPhotos)}
		}
		f.patience = galleryPatience
		if f.drill {
			f.listen, f.gallery, f.patience = "127.0.0.1:0", "127.0.0.1:0", drillPatience
		}
		d, err := startDemo(c.Context(), t, &f)
		if errors.Is(err, context.Canceled) {
			fmt.Fprintln(t.err, "stopped; nothing was left behind")
			return nil
		}
		if err != nil {
			return err
		}
		if f.drill {
			return d.runDrill(c.Context())
		}
		return d.runGallery(c.Context())
	}
	return c
}

const (
	minDemoPhotos = 20
	maxDemoPhotos = 5000
)

// demo is an edge, its two regions and what they hold.
type demo struct {
	term    *terminal
	cluster *s3local.Cluster
	edge    *edge
	page    net.Listener
	photos  []photos.Photo
}

// startDemo makes regions and photos and an edge in front that listens but
// does not answer yet. Everything lives in memory and ends with the process.
func startDemo(ctx context.Context, t *terminal, f *demoFlags) (_ *demo, err error) {
	d := &demo{term: t}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	// Addresses first: a port that is taken should not cost the wait for photos.
	if d.page, err = listen(ctx, f.gallery); err != nil {
		return nil, fmt.Errorf("%w\nChoose another with --gallery", err)
	}
	d.cluster, err = s3local.Start(s3local.Options{
		Lag: demoLag,
		Regions: []s3local.RegionOptions{
			{Name: demoSource, Bucket: "photos-seoul", Role: s3local.Source, Latency: demoSourceLatency},
			{Name: demoReplica, Bucket: "photos-tokyo", Role: s3local.Replica, Latency: demoReplicaLatency},
		},
	})
	if err != nil {
		return nil, err
	}
	cfg, err := d.config(f)
	if err != nil {
		return nil, err
	}
	if d.edge, err = newEdge(ctx, cfg, slog.New(slog.DiscardHandler)); err != nil {
		return nil, fmt.Errorf("%w\nChoose another with --listen", err)
	}
	return d, d.seed(ctx, f.photos)
}

// config is a configuration as an operator would write it, with shorter times
// than the defaults so that there is something to watch.
func (d *demo) config(f *demoFlags) (*config.Config, error) {
	var y strings.Builder
	fmt.Fprintf(&y, `
listen: %[1]q
admin: {listen: "127.0.0.1:0"}
cache: {memory: 1GiB, max_object: 64MiB, fill_memory: 256MiB}
origin:
  connect_timeout: 250ms
  first_byte_timeout: %[2]v
  stall_timeout: 5s
  probe_interval: 500ms
  breaker: {consecutive_failures: 3, window: 60s, open: 1s}
shutdown: {grace: 5s}
sites:
  - name: demo
    hosts: ["*"]
    regions:
`, f.listen, f.patience)
	for _, r := range d.cluster.Regions() {
		fmt.Fprintf(&y, "      - {name: %s, bucket: %s, role: %s, endpoint: %q, path_style: true, anonymous: true}\n",
			r.Name(), r.Bucket(), r.Role(), r.Endpoint())
	}
	return config.Parse("demo", []byte(y.String()), nil)
}

// seed makes the photos, writes them to the source and waits until the replica
// holds them too.
func (d *demo) seed(ctx context.Context, n int) error {
	progress, finish := progressOn(d.term.err, "making photos", n)
	list, err := photos.Generate(ctx, photos.Options{Seed: demoSeed, Count: n}, progress)
	finish()
	if err != nil {
		return err
	}
	d.photos = list
	total := 0
	for i := range list {
		p := &list[i]
		total += len(p.Body)
		d.cluster.Put(p.Key, p.Body, s3local.Metadata{ContentType: "image/jpeg", CacheControl: "public, max-age=3600"})
	}
	if err := d.cluster.WaitReplicated(ctx); err != nil {
		return err
	}
	fmt.Fprintf(d.term.err, "%d photos, %s, in two regions\n", len(list), config.Bytes(total>>20<<20))
	return nil
}

// progressOn shows a bar on a terminal, and a single line elsewhere.
func progressOn(w io.Writer, what string, total int) (progress func(done, total int), finish func()) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		fmt.Fprintf(w, "%s: %d\n", what, total)
		return func(int, int) {}, func() {}
	}
	bar := progressbar.NewOptions(total,
		progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetWidth(40))
	return func(done, _ int) { _ = bar.Set(done) }, func() { _ = bar.Finish() }
}

func (d *demo) close() {
	if d.page != nil {
		_ = d.page.Close()
	}
	if d.edge != nil {
		d.edge.close()
	}
	if d.cluster != nil {
		_ = d.cluster.Close()
	}
}

// runGallery serves photos and page until ctx ends or somebody presses q.
func (d *demo) runGallery(ctx context.Context) error {
	defer d.close()
	ctx, quit := context.WithCancel(ctx)
	defer quit()
	page := &http.Server{
		Handler: gallery.Handler(gallery.Options{
			Backend: d, Albums: albumsOf(d.photos), EdgeURL: d.edge.photoURL(),
		}),
		ReadHeaderTimeout: time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	edgeDone := make(chan error, 1)
	go func() { edgeDone <- d.edge.run(ctx) }()
	go func() { _ = page.Serve(d.page) }() // ends with Close below
	defer page.Close()

	d.printWelcome()
	stopKeys := d.watchKeys(quit)
	defer stopKeys()
	select {
	case <-ctx.Done():
		fmt.Fprint(d.term.err, "\r\nstopping\r\n")
		return <-edgeDone
	case err := <-edgeDone:
		return err
	}
}

func (d *demo) printWelcome() {
	first := d.photos[0].Key
	fmt.Fprintf(d.term.out, `
  gallery   %[1]s
  a photo   %[2]s/%[3]s
  admin     %[4]s/v1/stats

  keys      s: darken or heal the source (%[5]s)    r: the same for the replica (%[6]s)    q: quit
  or        curl -X POST %[1]s/regions/%[5]s/fault -d fault=dark     (fault=none heals)

`, listenerURL(d.page), d.edge.photoURL(), first, d.edge.adminURL(), demoSource, demoReplica)
}

func albumsOf(list []photos.Photo) []gallery.Album {
	var albums []gallery.Album
	at := map[string]int{}
	for i := range list {
		p := &list[i]
		n, ok := at[p.Album]
		if !ok {
			n = len(albums)
			at[p.Album] = n
			albums = append(albums, gallery.Album{Name: p.Album, Title: albumTitle(p.Album)})
		}
		albums[n].Photos = append(albums[n].Photos, gallery.Photo{
			Key: p.Key, Title: p.Title, Width: p.Width, Height: p.Height, Size: len(p.Body),
		})
	}
	return albums
}

func albumTitle(name string) string {
	words := strings.Split(name, "-")
	for i, w := range words {
		if w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, " ")
}

// State implements gallery.Backend.
func (d *demo) State() gallery.State {
	requests, store := d.edge.handler.Counters(), d.edge.store.Stats()
	s := gallery.State{
		Outcomes: requests.Outcomes, CacheBytes: uint64(store.Bytes), CacheEntries: uint64(store.Entries),
		Errors: requests.Outcomes["error"],
	}
	for _, r := range d.edge.sites[0].router.Regions() {
		local := d.cluster.Region(r.Name)
		counts := local.Counts()
		s.Regions = append(s.Regions, gallery.Region{
			Name: r.Name, Role: r.Role.String(), Fault: faultOf(local), Breaker: r.Breaker,
			TTFB: r.FirstByte, Gets: uint64(counts.Get), Bytes: uint64(counts.BytesOut),
		})
	}
	return s
}

// SetFault implements gallery.Backend.
func (d *demo) SetFault(region, fault string) error {
	r := d.cluster.Region(region)
	if r == nil {
		return fmt.Errorf("%w: %s", gallery.ErrUnknownRegion, region)
	}
	if fault == faultLatency {
		r.SetFault(s3local.Fault{})
		r.SetLatency(demoFarAway)
		return nil
	}
	mode, err := s3local.ParseFaultMode(fault)
	if err != nil {
		return err
	}
	r.SetLatency(demoDistance(r.Role()))
	r.SetFault(s3local.Fault{Mode: mode, After: cutAfter})
	return nil
}

// faultLatency is the gallery's word for a region that is suddenly far away.
const (
	faultLatency = "latency"
	demoFarAway  = 200 * time.Millisecond
)

// faultOf is what ails a region, in the gallery's words.
func faultOf(r *s3local.Region) string {
	if mode := r.Fault().Mode; mode != s3local.FaultNone || r.Latency() != demoFarAway {
		return mode.String()
	}
	return faultLatency
}

func demoDistance(role s3local.Role) time.Duration {
	if role == s3local.Source {
		return demoSourceLatency
	}
	return demoReplicaLatency
}

// cutAfter is where the demo's cut and stall faults break a body.
const cutAfter = 10_000

func digest(b []byte) [32]byte { return sha256.Sum256(b) }
