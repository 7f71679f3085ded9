package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// minimal is the least that a file must say.
const minimal = `sites:
  - hosts: [img.example.com]
    regions:
      - {name: us-east-1, bucket: photos, role: source}
`

func TestDefaults(t *testing.T) {
	c, err := Parse("photoedge.yaml", []byte(minimal), nil)
	require.NoError(t, err)
	assert.Equal(t, &Config{
		Listen: ":8080",
		Admin:  Admin{Listen: "127.0.0.1:9090"},
		Cache:  Cache{Memory: 4 << 30, MaxObject: 64 << 20, FillMemory: 512 << 20},
		Sites: []Site{{
			Name:  "img.example.com",
			Hosts: []string{"img.example.com"},
			Regions: []Region{
				{Name: "us-east-1", Bucket: "photos", Role: RoleSource, SigningRegion: "us-east-1"},
			},
			DefaultTTL:           Duration(10 * time.Minute),
			StaleWhileRevalidate: Duration(time.Hour),
			StaleIfError:         Duration(24 * time.Hour),
			NegativeTTL:          Duration(5 * time.Second),
		}},
		Origin: Origin{
			ConnectTimeout:   Duration(500 * time.Millisecond),
			FirstByteTimeout: Duration(2 * time.Second),
			StallTimeout:     Duration(2 * time.Second),
			Deadline:         Duration(15 * time.Second),
			MaxConnections:   256,
			ProbeInterval:    Duration(10 * time.Second),
			Hedge:            Hedge{Quantile: 0.95, Min: Duration(20 * time.Millisecond), Budget: 2},
			Breaker: Breaker{
				ConsecutiveFailures: 5, FailureRatio: 50, MinRequests: 20,
				Window: Duration(time.Minute), Open: Duration(5 * time.Second),
			},
		},
		Shutdown: Shutdown{Grace: Duration(30 * time.Second)},
	}, c)
}

func TestExampleShowsTheDefaults(t *testing.T) {
	c, err := Parse("photoedge.example.yaml", []byte(Example), nil)
	require.NoError(t, err)

	want := Default()
	want.Sites = c.Sites
	assert.Equal(t, want, c, "outside of sites")

	least, err := Parse("photoedge.yaml", []byte(minimal), nil)
	require.NoError(t, err)
	site := c.Sites[0]
	site.Name, site.Hosts, site.Regions = least.Sites[0].Name, least.Sites[0].Hosts, least.Sites[0].Regions
	site.CORS.Origins, site.ContentTypes = nil, nil // written as empty lists
	assert.Equal(t, least.Sites[0], site)
}

func TestParseReadsEverything(t *testing.T) {
	c, err := Parse("photoedge.yaml", []byte(`# comment
---
listen: "[::1]:0"
admin: {listen: "0.0.0.0:9443", token_file: /run/token}
cache: {memory: 1073741824, max_object: 1MB, fill_memory: 1.5MiB}
sites:
- name: festival
  hosts: [a.example.com, 10.0.0.1, "[2001:db8::1]", my_service]
  prefix: "fotos/été/"
  query: [w, "h"]
  client_cache_control: honor
  forward_metadata: true
  default_ttl: 0
  cors: {origins: ["https://example.com", "http://localhost:3000", capacitor://app]}
  regions:
  - name: near
    bucket: "123"
    role: replica
    endpoint: http://127.0.0.1:9000
    signing_region: us-east-1
    path_style: true
    anonymous: true
  - name: eu-west-1
    bucket: photos.example
    role: source
    profile: photos
- hosts: ["*"]
  query: include
  regions: [{name: us-gov-west-1, bucket: photos, role: source}]
origin: {hedge: {quantile: 0.5, budget: 0.5%}}
`), nil)
	require.NoError(t, err)
	assert.Equal(t, Cache{Memory: 1 << 30, MaxObject: 1e6, FillMemory: 3 << 19}, c.Cache)
	assert.Equal(t, Admin{Listen: "0.0.0.0:9443", TokenFile: "/run/token"}, c.Admin)
	s := c.Sites[0]
	assert.Equal(t, Query{Mode: QueryNames, Names: []string{"w", "h"}}, s.Query)
	assert.Equal(t, ClientHonor, s.ClientCacheControl)
	assert.Equal(t, "fotos/été/", s.Prefix)
	assert.True(t, s.ForwardMetadata)
	assert.Zero(t, s.DefaultTTL)
	assert.Equal(t, Region{
		Name: "near", Bucket: "123", Role: RoleReplica, Endpoint: "http://127.0.0.1:9000",
		SigningRegion: "us-east-1", PathStyle: true, Anonymous: true,
	}, s.Regions[0])
	assert.Equal(t, Query{Mode: QueryInclude}, c.Sites[1].Query)
	assert.Equal(t, "*", c.Sites[1].Name)
	assert.InDelta(t, 0.005, c.Origin.Hedge.Budget.Fraction(), 1e-12)
	assert.NoError(t, c.Validate())
}

func TestValidateOfConfigMadeInCode(t *testing.T) {
	c := Default()
	assert.EqualError(t, c.Validate(), "configuration: sites: is required")

	c.Sites = []Site{{
		Name: "demo", Hosts: []string{"*"},
		Regions: []Region{{Name: "us-east-1", Bucket: "photos", Role: RoleSource}},
	}}
	assert.NoError(t, c.Validate())

	c.Sites[0].Hosts = []string{"A"}
	assert.EqualError(t, c.Validate(), `configuration: sites[0].hosts[0]: must be in lower case: "a"`)
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "photoedge.yaml")
	require.NoError(t, os.WriteFile(path, []byte(minimal), 0o600))

	c, err := Load(path, []string{"PHOTOEDGE_CONFIG=" + path, "PHOTOEDGE_LISTEN=:80"})
	require.NoError(t, err)
	assert.Equal(t, ":80", c.Listen)

	_, err = Load(dir, nil)
	requireProblems(t, err, dir+": is a directory: give the path of the YAML file in it")

	missing := filepath.Join(dir, "no.yaml")
	_, err = Load(missing, nil)
	requireProblems(t, err, missing+": does not exist: check the path, or PHOTOEDGE_CONFIG if it came from there")
	assert.ErrorIs(t, err, fs.ErrNotExist)

	_, err = Load(path+"\x00", nil)
	requireProblems(t, err, path+"\x00: cannot be read: invalid argument")

	large := filepath.Join(dir, "large.yaml")
	require.NoError(t, os.WriteFile(large, []byte(strings.Repeat("#\n", maxFileSize/2)+"#"), 0o600))
	_, err = Load(large, nil)
	requireProblems(t, err, large+": is larger than 1MiB: this is not a configuration of photoedge")
}

func TestUnreadableFileSaysWhatHelps(t *testing.T) {
	assert.Equal(t, "cannot be read: give the user that photoedge runs as the right to read it",
		unreadable(&fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}))
}

// requireProblems asserts that err tells these problems and no others.
func requireProblems(t *testing.T, err error, want ...string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %T (%v), not *Error", err, err)
	}
	require.NotEmpty(t, e.Problems)
	require.Equal(t, strings.Join(want, "\n"), err.Error())
}
