package admin

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// Options say what the port tells.
type Options struct {
	// Ready returns why the edge cannot serve photos now, or "" when it can.
	// Required.
	Ready func() string
	// Stats returns what /v1/stats encodes as JSON. Required.
	Stats func() any
	// Token must be carried as a bearer token by every request but those for
	// health and readiness. Empty: none is asked for, which only loopback
	// may be.
	Token string
}

// headerTimeout bounds the reading of a request's header.
const headerTimeout = 10 * time.Second

// NewServer returns a server for addr's routes; the caller serves and shuts it
// down.
func NewServer(opts Options) *http.Server {
	return &http.Server{Handler: Handler(opts), ReadHeaderTimeout: headerTimeout}
}

// Handler returns the port's routes.
func Handler(opts Options) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		text(w, http.StatusOK, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if why := opts.Ready(); why != "" {
			text(w, http.StatusServiceUnavailable, why)
			return
		}
		text(w, http.StatusOK, "ready")
	})
	mux.HandleFunc("GET /v1/stats", func(w http.ResponseWriter, r *http.Request) {
		if !authorized(r, opts.Token) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="photoedge"`)
			text(w, http.StatusUnauthorized, "a bearer token is needed: see admin.token_file")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		_ = enc.Encode(opts.Stats()) // the client has gone: nothing to tell it
	})
	return mux
}

// authorized compares in constant time (RFC 6750 §2.1).
func authorized(r *http.Request, token string) bool {
	if token == "" {
		return true
	}
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && subtle.ConstantTimeCompare([]byte(given), []byte(token)) == 1
}

func text(w http.ResponseWriter, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(line + "\n"))
}
