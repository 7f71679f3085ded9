package config

// Config is the whole configuration. A field's default and limits stand in its
// tag; a field that is required must be set. The comments here are the text of
// the reference, so they speak of keys.
type Config struct {
	// Address that serves photos, as host:port. No host: every address of the
	// machine. Port 0: any free port.
	Listen string `yaml:"listen" default:":8080"`
	Admin  Admin  `yaml:"admin"`
	Cache  Cache  `yaml:"cache"`
	// Folder in which floors and tombstones survive a restart. Empty: they are
	// kept in memory only, and after a restart a lagging replica may bring back
	// what was deleted.
	StateDir string `yaml:"state_dir"`
	// What the edge serves, by Host header. At least one.
	Sites    []Site   `yaml:"sites" required:"true"`
	Origin   Origin   `yaml:"origin"`
	Shutdown Shutdown `yaml:"shutdown"`
}

// Admin is the REST API, the metrics and the dashboard.
type Admin struct {
	// Address that serves the REST API, metrics and dashboard, as host:port.
	// Beyond loopback it needs token_file. Port 0: any free port.
	Listen string `yaml:"listen" default:"127.0.0.1:9090"`
	// File that holds the bearer token which admin requests must carry. Empty: no
	// token, for loopback only.
	TokenFile string `yaml:"token_file"`
}

// Cache is the memory the edge may use.
type Cache struct {
	// Memory for cached objects, in bytes or with a unit.
	Memory Bytes `yaml:"memory" default:"4GiB" min:"1MiB" max:"64TiB"`
	// Largest object that is kept whole, in bytes or with a unit. Larger ones are
	// fetched and kept in slices of 1 MiB. At most memory, and at most
	// fill_memory, because an object is kept once a fill has held all of it.
	MaxObject Bytes `yaml:"max_object" default:"64MiB" min:"1KiB" max:"64TiB"`
	// Memory for objects while they are fetched, in bytes or with a unit. It comes
	// on top of memory, and is at most as much. Fetches beyond it are not kept.
	FillMemory Bytes `yaml:"fill_memory" default:"512MiB" min:"1MiB" max:"64TiB"`
}

// Site is what a Host header selects: a bucket in each of several regions, and
// the policies for it.
type Site struct {
	// Name of the site in logs, metrics and cache keys. Unique. Empty: the first
	// of hosts.
	Name string `yaml:"name"`
	// Values of the Host header that select this site: lower case, no scheme, no
	// port. "*" is every host that no other site names. At least one.
	Hosts []string `yaml:"hosts" required:"true"`
	// Put before the path of a request to make the object's key. No slash in
	// front; a folder ends with one. Empty: the path alone is the key.
	Prefix string `yaml:"prefix"`
	// The buckets that hold the site's objects: exactly one source, any number of
	// replicas.
	Regions []Region `yaml:"regions" required:"true"`
	// How long an object is fresh that does not say so itself. 0: it is
	// revalidated at every request.
	DefaultTTL Duration `yaml:"default_ttl" default:"10m" min:"0s" max:"8760h"`
	// How long past its freshness an object is still served while it is refreshed
	// in the background. 0: not at all.
	StaleWhileRevalidate Duration `yaml:"stale_while_revalidate" default:"1h" min:"0s" max:"8760h"`
	// How long past its freshness an object is still served when no region
	// answers. 0: not at all.
	StaleIfError Duration `yaml:"stale_if_error" default:"24h" min:"0s" max:"8760h"`
	// How long the source's answer that there is no such object is believed. 0: it
	// is asked every time.
	NegativeTTL Duration `yaml:"negative_ttl" default:"5s" min:"0s" max:"24h"`
	// What of a request's query is part of the cache key: nothing (ignore), all of
	// it (include), or the parameters of a list of names. S3 is sent none of it.
	Query Query `yaml:"query" default:"ignore"`
	// Send the objects' x-amz-meta-* fields to clients.
	ForwardMetadata bool `yaml:"forward_metadata" default:"false"`
	// Whether a client's Cache-Control makes the edge revalidate or refetch
	// (honor) or not (ignore).
	ClientCacheControl ClientCacheControl `yaml:"client_cache_control" default:"ignore"`
	CORS               CORS               `yaml:"cors"`
	// Media types that are served, such as image/jpeg, or image/* for all of a
	// kind; objects of others are answered 403. Empty: all.
	ContentTypes []string `yaml:"content_types"`
	// Send HTML, SVG and XML without the Content-Security-Policy that keeps
	// scripts in them from running.
	AllowScripts bool `yaml:"allow_scripts" default:"false"`
}

// CORS says which other web sites' scripts may read the photos.
type CORS struct {
	// Origins whose scripts may read the photos, as https://example.com, or "*"
	// alone for all. None: no CORS fields are sent.
	Origins []string `yaml:"origins"`
}

// Region is one bucket behind one S3 endpoint.
type Region struct {
	// Name of the region in logs, metrics, headers and the admin API. Unique in
	// its site. For AWS its code, such as ap-northeast-2.
	Name string `yaml:"name" required:"true"`
	// The bucket, or the alias of an access point.
	Bucket string `yaml:"bucket" required:"true"`
	// source is where writes land and which decides what exists; replica is a
	// copy, which may lag.
	Role Role `yaml:"role" required:"true"`
	// Base URL of an S3 that is not AWS's own: http or https, host, perhaps a
	// port; without the bucket. Empty: AWS's endpoint for signing_region.
	Endpoint string `yaml:"endpoint"`
	// AWS region that requests are signed for. Empty: the region's name.
	SigningRegion string `yaml:"signing_region"`
	// Put the bucket into the path instead of the host name, as most S3 servers
	// that are not AWS want it.
	PathStyle bool `yaml:"path_style" default:"false"`
	// Leave requests unsigned, for public buckets. Otherwise credentials come the
	// AWS SDK's way: environment, shared files, web identity, container, instance
	// role.
	Anonymous bool `yaml:"anonymous" default:"false"`
	// Profile of the AWS shared files that has the credentials. Empty: the SDK's
	// choice.
	Profile string `yaml:"profile"`
}

// Origin is how regions are asked. It holds for every site.
type Origin struct {
	// Longest wait for a TCP connection to a region.
	ConnectTimeout Duration `yaml:"connect_timeout" default:"500ms" min:"1ms" max:"1m"`
	// Longest wait for the header of one region's answer, connection included.
	FirstByteTimeout Duration `yaml:"first_byte_timeout" default:"2s" min:"10ms" max:"5m"`
	// Longest pause within a body; after it the rest is fetched from another
	// region.
	StallTimeout Duration `yaml:"stall_timeout" default:"2s" min:"10ms" max:"5m"`
	// Longest wait for a header over all attempts of one fetch.
	Deadline Duration `yaml:"deadline" default:"15s" min:"10ms" max:"10m"`
	// Requests that may be under way to one region of one site.
	MaxConnections int `yaml:"max_connections" default:"256" min:"1" max:"65535"`
	// How often a region is measured that nobody asks.
	ProbeInterval Duration `yaml:"probe_interval" default:"10s" min:"100ms" max:"1h"`
	Hedge         Hedge    `yaml:"hedge"`
	Breaker       Breaker  `yaml:"breaker"`
}

// Hedge is the second request, to the next region, when the first is late.
type Hedge struct {
	// A request is late when it takes longer than this share of the region's
	// recent ones. Above 0 and below 1: 0.95 is all but the slowest twentieth.
	Quantile float64 `yaml:"quantile" default:"0.95"`
	// A request is never late before this.
	Min Duration `yaml:"min" default:"20ms" min:"1ms" max:"1m"`
	// Hedges per hundred fetches, at most. 0%: no hedging.
	Budget Percent `yaml:"budget" default:"2%" min:"0%" max:"100%"`
}

// Breaker is when a failing region is left alone, and for how long.
type Breaker struct {
	// Failures in a row after which a region is left alone.
	ConsecutiveFailures int `yaml:"consecutive_failures" default:"5" min:"1" max:"10000"`
	// Share of failures within window from which a region is left alone.
	FailureRatio Percent `yaml:"failure_ratio" default:"50%" min:"1%" max:"100%"`
	// Requests within window below which failure_ratio says nothing.
	MinRequests int `yaml:"min_requests" default:"20" min:"1" max:"1000000"`
	// How long a failure is remembered. At least ten times
	// origin.first_byte_timeout, because a request that outlasts the window is not
	// counted.
	Window Duration `yaml:"window" default:"60s" min:"100ms" max:"1h"`
	// How long a region is left alone before it is tried again.
	Open Duration `yaml:"open" default:"5s" min:"100ms" max:"10m"`
}

// Shutdown is how the edge ends.
type Shutdown struct {
	// How long open requests may take after SIGTERM. 0: they are cut at once.
	Grace Duration `yaml:"grace" default:"30s" min:"0s" max:"1h"`
}
