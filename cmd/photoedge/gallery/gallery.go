package gallery

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ErrUnknownRegion is what [Backend.SetFault] wraps when there is no such
// region.
var ErrUnknownRegion = errors.New("no such region")

// Backend is the running demo. Its methods are called concurrently.
type Backend interface {
	// State is called several times a second for each open page.
	State() State
	// SetFault breaks a region, or heals it with "none". An error that wraps
	// ErrUnknownRegion is the region's name, any other one the fault's; a
	// visitor sees its text.
	SetFault(region, fault string) error
}

// Album is a row of photos under a title.
type Album struct {
	// Name is the album's anchor on the page. Title is for people.
	Name, Title string
	Photos      []Photo
}

// Photo is one photo of an album.
type Photo struct {
	// Key is the object's key at the edge. Title is its alternative text.
	Key, Title string
	// Width and Height are in pixels, Size is in bytes.
	Width, Height, Size int
}

// Options say what the page shows.
type Options struct {
	// Backend is asked for the state and told what to break. Required.
	Backend Backend
	// Albums are shown in this order.
	Albums []Album
	// EdgeURL is where the photos are, such as http://127.0.0.1:8080. Required;
	// a path in it is put before the key.
	EdgeURL string
	// Faults are the ones to choose from besides "dark" and "none". Default
	// (nil): refused, error-500, slow-down, cut and latency.
	Faults []string
	// Interval is how often /events tells the state. Default (0): 400 ms.
	Interval time.Duration
}

const defaultInterval = 400 * time.Millisecond

func defaultFaults() []string {
	return []string{"refused", "error-500", "slow-down", "cut", "latency"}
}

//go:embed index.html assets
var embedded embed.FS

// Handler serves the page and what it needs. It panics when a required option
// is missing or EdgeURL is not the URL of a web server: that is a mistake in
// the program.
func Handler(opts Options) http.Handler {
	edge, err := url.Parse(opts.EdgeURL)
	switch {
	case opts.Backend == nil:
		panic("gallery: Options.Backend is nil")
	case err != nil || (edge.Scheme != "http" && edge.Scheme != "https") || edge.Host == "":
		panic(fmt.Sprintf("gallery: Options.EdgeURL is %q; give it a URL such as http://127.0.0.1:8080", opts.EdgeURL))
	}
	if opts.Faults == nil {
		opts.Faults = defaultFaults()
	}
	if opts.Interval <= 0 {
		opts.Interval = defaultInterval
	}
	assets, err := fs.Sub(embedded, "assets")
	if err != nil {
		panic(err) // a constant path
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", newPage(&opts, edge))
	mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServerFS(assets)))
	mux.Handle("GET /state", stateHandler(opts.Backend))
	mux.Handle("GET /events", eventsHandler(opts.Backend, opts.Interval))
	mux.Handle("POST /regions/{name}/fault", faultHandler(opts.Backend))
	return withHeaders(contentPolicy(edge), sameOrigin(mux))
}

// sameOrigin turns away what another site's page makes a browser post here.
func sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusForbidden, "only this page may do that")
	}))
	return protection.Handler(next)
}

// contentPolicy lets the page load photos from the edge and all else from here.
func contentPolicy(edge *url.URL) string {
	source := edge.Scheme + "://" + edge.Host
	if strings.Contains(edge.Hostname(), ":") {
		source = edge.Scheme + ":" // a policy cannot name an IPv6 address
	}
	return fmt.Sprintf("default-src 'self'; img-src 'self' %[1]s; connect-src 'self' %[1]s; "+
		"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'", source)
}

func withHeaders(policy string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

// writeJSON answers with v. That the client has left by now is not our concern.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func writeError(w http.ResponseWriter, status int, says string) {
	writeJSON(w, status, map[string]string{"error": says})
}
