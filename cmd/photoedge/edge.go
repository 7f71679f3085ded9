package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"photoedge/cache"
	"photoedge/config"
	"photoedge/origin"
	"photoedge/proxy"
	"photoedge/proxy/admin"
)

// edge is a configured, listening edge: the one place where the parts meet.
type edge struct {
	cfg      *config.Config
	log      *slog.Logger
	sites    []edgeSite
	store    *cache.Store
	handler  *proxy.Handler
	server   *proxy.Server
	admin    *http.Server
	photos   net.Listener
	admins   net.Listener
	draining atomic.Bool
}

type edgeSite struct {
	name   string
	router *origin.Router
}

// newEdge makes an edge of cfg and listens. It answers nothing before run.
// close must be called when run is not.
func newEdge(ctx context.Context, cfg *config.Config, log *slog.Logger) (_ *edge, err error) {
	e := &edge{cfg: cfg, log: log}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	token, err := readToken(cfg.Admin.TokenFile)
	if err != nil {
		return nil, err
	}
	e.store, err = cache.NewStore(cache.Options{Memory: int64(cfg.Cache.Memory), MaxObject: int64(cfg.Cache.MaxObject)})
	if err != nil {
		return nil, err
	}
	sites := make([]proxy.Site, 0, len(cfg.Sites))
	for i := range cfg.Sites {
		router, err := origin.NewRouter(ctx, originOptions(cfg, &cfg.Sites[i]))
		if err != nil {
			return nil, err
		}
		e.sites = append(e.sites, edgeSite{cfg.Sites[i].Name, router})
		sites = append(sites, proxySite(&cfg.Sites[i], router))
	}
	e.handler, err = proxy.NewHandler(proxy.Options{
		Sites: sites, Store: e.store, FillMemory: int64(cfg.Cache.FillMemory), Log: log,
	})
	if err != nil {
		return nil, err
	}
	e.server = proxy.NewServer(e.handler, proxy.ServerOptions{})
	e.admin = admin.NewServer(admin.Options{Ready: e.notReady, Stats: e.stats, Token: token})
	if e.photos, err = listen(ctx, cfg.Listen); err != nil {
		return nil, err
	}
	if e.admins, err = listen(ctx, cfg.Admin.Listen); err != nil {
		return nil, err
	}
	return e, nil
}

func readToken(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("admin.token_file: %w", err)
	}
	token := strings.TrimSpace(string(b))
	if token == "" {
		return "", fmt.Errorf("admin.token_file: %s is empty: write the bearer token into it", file)
	}
	return token, nil
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	return ln, nil
}

func originOptions(cfg *config.Config, site *config.Site) origin.Options {
	o := origin.Options{
		Timing: origin.Timing{
			ConnectTimeout:   time.Duration(cfg.Origin.ConnectTimeout),
			FirstByteTimeout: time.Duration(cfg.Origin.FirstByteTimeout),
			StallTimeout:     time.Duration(cfg.Origin.StallTimeout),
			Deadline:         time.Duration(cfg.Origin.Deadline),
			MaxConnections:   cfg.Origin.MaxConnections,
			ProbeInterval:    time.Duration(cfg.Origin.ProbeInterval),
		},
		Breaker: origin.BreakerSettings{
			ConsecutiveFailures: uint32(cfg.Origin.Breaker.ConsecutiveFailures),
			FailureRatio:        cfg.Origin.Breaker.FailureRatio.Fraction(),
			MinRequests:         uint32(cfg.Origin.Breaker.MinRequests),
			Window:              time.Duration(cfg.Origin.Breaker.Window),
			Open:                time.Duration(cfg.Origin.Breaker.Open),
		},
	}
	for _, r := range site.Regions {
		role := origin.Replica
		if r.Role == config.RoleSource {
			role = origin.Source
		}
		o.Regions = append(o.Regions, origin.RegionOptions{
			Name: r.Name, Bucket: r.Bucket, Role: role, SigningRegion: r.SigningRegion,
			Endpoint: r.Endpoint, PathStyle: r.PathStyle, Anonymous: r.Anonymous, Profile: r.Profile,
		})
	}
	return o
}

func proxySite(site *config.Site, router *origin.Router) proxy.Site {
	return proxy.Site{
		Name: site.Name, Hosts: site.Hosts, Prefix: site.Prefix, Origin: router,
		Policy: cache.Policy{
			DefaultTTL:           time.Duration(site.DefaultTTL),
			StaleWhileRevalidate: time.Duration(site.StaleWhileRevalidate),
			StaleIfError:         time.Duration(site.StaleIfError),
			NegativeTTL:          time.Duration(site.NegativeTTL),
		},
		Query:           proxy.Query{All: site.Query.Mode == config.QueryInclude, Names: site.Query.Names},
		ForwardMetadata: site.ForwardMetadata,
		HonorClient:     site.ClientCacheControl == config.ClientHonor,
		CORSOrigins:     site.CORS.Origins,
		ContentTypes:    site.ContentTypes,
		AllowScripts:    site.AllowScripts,
	}
}

// photoURL is where photos are served, as one would type it.
func (e *edge) photoURL() string { return listenerURL(e.photos) }

func (e *edge) adminURL() string { return listenerURL(e.admins) }

func listenerURL(ln net.Listener) string {
	addr, ok := ln.Addr().(*net.TCPAddr)
	if !ok || addr.IP.IsUnspecified() {
		_, port, _ := net.SplitHostPort(ln.Addr().String())
		return "http://localhost:" + port
	}
	return "http://" + addr.String()
}

// run serves until ctx ends, then drains: readiness goes off, listeners close,
// every request that has begun is answered, for at most shutdown.grace. It
// returns nil when everything was answered.
func (e *edge) run(ctx context.Context) error {
	defer e.close()
	failed := make(chan error, 2)
	go func() { failed <- e.server.Serve(e.photos) }()
	go func() { failed <- e.admin.Serve(e.admins) }()
	e.log.Info("serving photos", "address", e.photoURL(), "admin", e.adminURL())

	select {
	case err := <-failed:
		return fmt.Errorf("serving stopped: %w", err)
	case <-ctx.Done():
	}
	e.draining.Store(true)
	e.log.Info("shutting down: finishing open requests", "grace", e.cfg.Shutdown.Grace.String())
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Duration(e.cfg.Shutdown.Grace))
	defer cancel()
	err := e.server.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("shutdown: requests were still open after %v and are cut (shutdown.grace)", e.cfg.Shutdown.Grace)
	}
	return errors.Join(err, e.admin.Close())
}

// close frees what newEdge made, in the order opposite to the way of a
// request.
func (e *edge) close() {
	for _, ln := range []net.Listener{e.photos, e.admins} {
		if ln != nil {
			_ = ln.Close()
		}
	}
	if e.handler != nil {
		e.handler.Close()
	}
	for _, s := range e.sites {
		s.router.Close()
	}
	if e.store != nil {
		e.store.Close()
	}
}

// notReady says why photos cannot be served, or "".
func (e *edge) notReady() string {
	if e.draining.Load() {
		return "shutting down"
	}
	for _, s := range e.sites {
		answering := false
		for _, r := range s.router.Regions() {
			answering = answering || r.Breaker == "closed" && r.FirstByte > 0
		}
		if !answering {
			return "site " + s.name + ": no region has answered yet"
		}
	}
	return ""
}

// stats is what /v1/stats tells.
type stats struct {
	Version  string                           `json:"version"`
	Requests proxy.Snapshot                   `json:"requests"`
	Cache    cache.Stats                      `json:"cache"`
	Fills    fillStats                        `json:"fills"`
	Sites    map[string][]origin.RegionStatus `json:"sites"`
}

type fillStats struct {
	UnderWay int   `json:"under_way"`
	Bytes    int64 `json:"bytes"`
}

func (e *edge) stats() any {
	s := stats{
		Version: buildVersion(), Requests: e.handler.Counters(), Cache: e.store.Stats(),
		Sites: map[string][]origin.RegionStatus{},
	}
	s.Fills.UnderWay, s.Fills.Bytes = e.handler.Fills()
	for _, site := range e.sites {
		s.Sites[site.name] = site.router.Regions()
	}
	return s
}
