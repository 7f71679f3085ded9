package config

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEnvironmentAlone(t *testing.T) {
	c, err := Load("", []string{
		"PATH=/bin", "NOTHING", "=C:=x",
		"PHOTOEDGE_SITES_0_REGIONS_1_NAME=us-west-2",
		"PHOTOEDGE_SITES_0_HOSTS= a.example.com , b.example.com",
		"PHOTOEDGE_SITES_0_REGIONS_0_NAME=us-east-1", "PHOTOEDGE_SITES_0_REGIONS_0_BUCKET=123",
		"PHOTOEDGE_SITES_0_REGIONS_0_ROLE=source",
		"PHOTOEDGE_SITES_0_REGIONS_1_BUCKET=photos", "PHOTOEDGE_SITES_0_REGIONS_1_ROLE=replica",
		"PHOTOEDGE_SITES_0_REGIONS_1_PATH_STYLE=true",
		"PHOTOEDGE_SITES_0_QUERY=w,h", "PHOTOEDGE_SITES_0_CORS_ORIGINS=",
		"PHOTOEDGE_SITES_1_HOSTS_0=*", "PHOTOEDGE_SITES_1_QUERY_0=v", "PHOTOEDGE_SITES_1_PREFIX=rest=all/",
		"PHOTOEDGE_SITES_1_REGIONS_0_NAME=us-east-1", "PHOTOEDGE_SITES_1_REGIONS_0_BUCKET=rest",
		"PHOTOEDGE_SITES_1_REGIONS_0_ROLE=source",
		"PHOTOEDGE_ORIGIN_HEDGE_QUANTILE=0.9", "PHOTOEDGE_ORIGIN_MAX_CONNECTIONS=7", "PHOTOEDGE_CACHE_MEMORY=1073741824",
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"a.example.com", "b.example.com"}, c.Sites[0].Hosts)
	assert.Equal(t, Query{Mode: QueryNames, Names: []string{"w", "h"}}, c.Sites[0].Query)
	assert.Empty(t, c.Sites[0].CORS.Origins)
	assert.Equal(t, []Region{
		{Name: "us-east-1", Bucket: "123", Role: RoleSource, SigningRegion: "us-east-1"},
		{Name: "us-west-2", Bucket: "photos", Role: RoleReplica, SigningRegion: "us-west-2", PathStyle: true},
	}, c.Sites[0].Regions)
	assert.Equal(t, "*", c.Sites[1].Name)
	assert.Equal(t, "rest=all/", c.Sites[1].Prefix)
	assert.Equal(t, Query{Mode: QueryNames, Names: []string{"v"}}, c.Sites[1].Query)
	assert.InDelta(t, 0.9, c.Origin.Hedge.Quantile, 1e-12)
	assert.Equal(t, 7, c.Origin.MaxConnections)
	assert.Equal(t, Bytes(1<<30), c.Cache.Memory)
}

func TestEnvironmentWins(t *testing.T) {
	c, err := Parse("f.yaml", []byte(`listen: 17
cache: {memory: 2GiB}
sites:
  - hosts: [a, b]
    query: include
    prefix: x/
    regions:
      - {name: us-east-1, bucket: photos, role: source}
      - {name: us-west-2, bucket: replica, role: replica}
`), []string{
		"PHOTOEDGE_LISTEN=:80", "PHOTOEDGE_CACHE_MEMORY=3GiB", "PHOTOEDGE_STATE_DIR=/state",
		"PHOTOEDGE_SITES_0_HOSTS_1=c", "PHOTOEDGE_SITES_0_HOSTS_2=d", "PHOTOEDGE_SITES_0_QUERY_0=w", "PHOTOEDGE_SITES_0_QUERY_1=h",
		"PHOTOEDGE_SITES_0_PREFIX=", "PHOTOEDGE_SITES_0_REGIONS_1_BUCKET=other",
		"PHOTOEDGE_SITES_0_REGIONS_2_NAME=eu-west-1", "PHOTOEDGE_SITES_0_REGIONS_2_BUCKET=eu1", "PHOTOEDGE_SITES_0_REGIONS_2_ROLE=replica",
		"PHOTOEDGE_SITES_1_HOSTS=*", "PHOTOEDGE_SITES_1_REGIONS_0_NAME=us-east-1",
		"PHOTOEDGE_SITES_1_REGIONS_0_BUCKET=456", "PHOTOEDGE_SITES_1_REGIONS_0_ROLE=source",
	})
	require.NoError(t, err)
	assert.Equal(t, ":80", c.Listen)
	assert.Equal(t, Bytes(3<<30), c.Cache.Memory)
	assert.Equal(t, "/state", c.StateDir)
	s := c.Sites[0]
	assert.Equal(t, []string{"a", "c", "d"}, s.Hosts)
	assert.Equal(t, Query{Mode: QueryNames, Names: []string{"w", "h"}}, s.Query)
	assert.Empty(t, s.Prefix)
	assert.Equal(t, []string{"photos", "other", "eu1"}, []string{s.Regions[0].Bucket, s.Regions[1].Bucket, s.Regions[2].Bucket})
	assert.Equal(t, "456", c.Sites[1].Regions[0].Bucket)
	assert.Equal(t, Default().Origin, c.Origin)
}

func TestEnvironmentReplacesLists(t *testing.T) {
	c, err := Parse("f.yaml", []byte(minimal), []string{"PHOTOEDGE_SITES_0_HOSTS=x,y"})
	require.NoError(t, err)
	assert.Equal(t, []string{"x", "y"}, c.Sites[0].Hosts)
}

func TestEnvironmentTellsProblems(t *testing.T) {
	type env []string
	for name, c := range map[string]struct {
		environ env
		want    string
	}{
		"unknown":         {env{"PHOTOEDGE_CACHE_MEMROY=1GiB"}, "PHOTOEDGE_CACHE_MEMROY: sets no key; did you mean PHOTOEDGE_CACHE_MEMORY?"},
		"its group":       {env{"PHOTOEDGE_MEMORY=1GiB"}, "PHOTOEDGE_MEMORY: sets no key; did you mean PHOTOEDGE_CACHE_MEMORY?"},
		"with index":      {env{"PHOTOEDGE_SITES_3_REGION_12_BUCKET=x"}, "PHOTOEDGE_SITES_3_REGION_12_BUCKET: sets no key; did you mean PHOTOEDGE_SITES_3_REGIONS_12_BUCKET?"},
		"only the prefix": {env{"PHOTOEDGE_=x"}, "PHOTOEDGE_: sets no key; did you mean PHOTOEDGE_LISTEN?"},
		"lower case":      {env{"PHOTOEDGE_listen=x"}, "PHOTOEDGE_listen: sets no key; did you mean PHOTOEDGE_LISTEN?"},
		"below a value":   {env{"PHOTOEDGE_LISTEN_0=x"}, "PHOTOEDGE_LISTEN_0: sets no key; did you mean PHOTOEDGE_LISTEN?"},
		"underscore":      {env{"PHOTOEDGE_SITES_0_HOSTS_=x"}, "PHOTOEDGE_SITES_0_HOSTS_: sets no key; did you mean PHOTOEDGE_SITES_0_HOSTS?"},
		"no index":        {env{"PHOTOEDGE_SITES_HOSTS=x"}, "PHOTOEDGE_SITES_HOSTS: sets no key; did you mean PHOTOEDGE_SITES_0_HOSTS?"},
		"leading zero":    {env{"PHOTOEDGE_SITES_00_PREFIX=x"}, "PHOTOEDGE_SITES_00_PREFIX: sets no key; did you mean PHOTOEDGE_SITES_0_PREFIX?"},
		"a group":         {env{"PHOTOEDGE_CACHE=1GiB"}, "PHOTOEDGE_CACHE: is a group of keys: set them one by one, such as PHOTOEDGE_CACHE_MEMORY"},
		"a list":          {env{"PHOTOEDGE_SITES=x"}, "PHOTOEDGE_SITES: is a group of keys: set them one by one, such as PHOTOEDGE_SITES_0_NAME"},
		"an item":         {env{"PHOTOEDGE_SITES_0_REGIONS_1=x"}, "PHOTOEDGE_SITES_0_REGIONS_1: is a group of keys: set them one by one, such as PHOTOEDGE_SITES_0_REGIONS_1_NAME"},
		"twice":           {env{"PHOTOEDGE_LISTEN=:1", "PHOTOEDGE_LISTEN=:2"}, "PHOTOEDGE_LISTEN: is set twice in the environment"},
		"gap":             {env{"PHOTOEDGE_SITES_2_PREFIX=x"}, "PHOTOEDGE_SITES_2_PREFIX: sites: the next index is 1, not 2"},
		"gap in texts":    {env{"PHOTOEDGE_SITES_0_HOSTS_2=x"}, "PHOTOEDGE_SITES_0_HOSTS_2: sites[0].hosts: the next index is 1, not 2"},
		"gap at 10":       {env{"PHOTOEDGE_SITES_0_HOSTS_10=k", "PHOTOEDGE_SITES_0_HOSTS_1=b"}, "PHOTOEDGE_SITES_0_HOSTS_10: sites[0].hosts: the next index is 2, not 10"},
		"list and item":   {env{"PHOTOEDGE_SITES_0_HOSTS_0=x", "PHOTOEDGE_SITES_0_HOSTS=y"}, "PHOTOEDGE_SITES_0_HOSTS_0: sites[0].hosts: is set by PHOTOEDGE_SITES_0_HOSTS already: use one of them"},
		"word and item":   {env{"PHOTOEDGE_SITES_0_QUERY_0=x", "PHOTOEDGE_SITES_0_QUERY=include"}, "PHOTOEDGE_SITES_0_QUERY_0: sites[0].query: is set by PHOTOEDGE_SITES_0_QUERY already: use one of them"},
		"value":           {env{"PHOTOEDGE_SITES_0_REGIONS_0_ROLE=primary"}, `PHOTOEDGE_SITES_0_REGIONS_0_ROLE: sites[0].regions[0].role: must be "source" or "replica", not "primary"`},
		"empty value":     {env{"PHOTOEDGE_CACHE_MEMORY="}, `PHOTOEDGE_CACHE_MEMORY: cache.memory: must be a size like "512MiB", "4GiB" or a number of bytes, not ""`},
		"empty list":      {env{"PHOTOEDGE_SITES_0_HOSTS="}, "PHOTOEDGE_SITES_0_HOSTS: sites[0].hosts: is required"},
		"empty item":      {env{"PHOTOEDGE_SITES_0_HOSTS=a,,b"}, `PHOTOEDGE_SITES_0_HOSTS: sites[0].hosts[1]: is empty: give a host, or "*" for every host`},
		"bytes":           {env{"PHOTOEDGE_STATE_DIR=\xff"}, `PHOTOEDGE_STATE_DIR: state_dir: must be text in UTF-8, not "\xff"`},
		"contradiction":   {env{"PHOTOEDGE_CACHE_FILL_MEMORY=5GiB"}, "PHOTOEDGE_CACHE_FILL_MEMORY: cache.fill_memory: 5GiB is more than cache.memory, 4GiB: lower it or raise cache.memory"},
		"other of two":    {env{"PHOTOEDGE_LISTEN=:9090"}, `PHOTOEDGE_LISTEN: admin.listen: "127.0.0.1:9090" takes the same port as listen, ":9090": give it another`},
		"missing parts": {env{"PHOTOEDGE_SITES_0_REGIONS_1_NAME=us-east-2"}, "PHOTOEDGE_SITES_0_REGIONS_1_BUCKET: sites[0].regions[1].bucket: is required\n" +
			"PHOTOEDGE_SITES_0_REGIONS_1_ROLE: sites[0].regions[1].role: is required"},
		"a port for us": {env{"PHOTOEDGE_PORT=8080"}, "PHOTOEDGE_PORT: sets no key; did you mean PHOTOEDGE_LISTEN?"},
		"missing source": {env{
			"PHOTOEDGE_SITES_1_HOSTS=x", "PHOTOEDGE_SITES_1_REGIONS_0_ROLE=replica",
			"PHOTOEDGE_SITES_1_REGIONS_0_BUCKET=abc", "PHOTOEDGE_SITES_1_REGIONS_0_NAME=us-east-1",
		}, `PHOTOEDGE_SITES_1_REGIONS: sites[1].regions: have no source: exactly one region must have "role: source"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(minimal), c.environ)
			requireProblems(t, err, c.want)
		})
	}
	_, err := Load("", nil)
	requireProblems(t, err, "environment: sites: is required")
}

// TestEnvironmentDoesNotHideTheFile: where the file has another shape on the way
// to the key, that is told.
func TestEnvironmentDoesNotHideTheFile(t *testing.T) {
	_, err := Parse("f.yaml", []byte("sites: 5\ncache:\n"), []string{"PHOTOEDGE_SITES_0_HOSTS_0=x", "PHOTOEDGE_CACHE_MEMORY=1GiB"})
	requireProblems(t, err,
		`f.yaml:1: sites: must be a list, not "5"`,
		"f.yaml:2: cache: has no value: give it one or remove the key")
}

// TestKubernetesServiceLinks: a service called photoedge or photoedge-admin puts
// these into every pod.
func TestKubernetesServiceLinks(t *testing.T) {
	_, err := Parse("f.yaml", []byte(minimal), []string{
		"PHOTOEDGE_SERVICE_HOST=10.0.0.1", "PHOTOEDGE_SERVICE_PORT=80", "PHOTOEDGE_SERVICE_PORT_HTTP=80",
		"PHOTOEDGE_PORT=tcp://10.0.0.1:80", "PHOTOEDGE_PORT_80_TCP=tcp://10.0.0.1:80", "PHOTOEDGE_PORT_80_TCP_PROTO=tcp",
		"PHOTOEDGE_PORT_80_TCP_PORT=80", "PHOTOEDGE_PORT_80_TCP_ADDR=10.0.0.1",
		"PHOTOEDGE_ADMIN_SERVICE_HOST=10.0.0.1", "PHOTOEDGE_ADMIN_PORT=tcp://10.0.0.1:9090", "PHOTOEDGE_ADMIN_PORT_9090_TCP_ADDR=10.0.0.1",
	})
	assert.NoError(t, err)
}
