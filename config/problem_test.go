package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestParseTellsProblems: the text comes after a valid site and an empty line, so
// that its first line is 6.
func TestParseTellsProblems(t *testing.T) {
	const top = "listen, admin, cache, state_dir, sites, origin, shutdown"
	tellsProblems(t, map[string]problemCase{
		"unknown key":          {"cach: {}", `6: cach: is not a key; did you mean "cache"?`},
		"unknown key below":    {"cache:\n  memroy: 1GiB", `7: cache.memroy: is not a key; did you mean "memory"?`},
		"key in another place": {"memory: 1GiB", `6: memory: is not a key; did you mean "cache.memory"?`},
		"key of a list":        {"bucket: x", `6: bucket: is not a key; did you mean "sites[].regions[].bucket"?`},
		"nothing like a key":   {"zzz: 1", "6: zzz: is not a key; known here: " + top},
		"short, nothing alike": {"origin: {hedge: {ma: 1}}", "6: origin.hedge.ma: is not a key; known here: quantile, min, budget"},
		"capitals":             {"LISTEN: x", `6: LISTEN: is not a key; did you mean "listen"?`},
		"key that is none":     {`"a\nb": 1`, `6: "a\nb": is not a key; known here: ` + top},
		"long key":             {strings.Repeat("k", 90) + ": 1", `6: "` + strings.Repeat("k", 80) + `"…: is not a key; known here: ` + top},
		"key twice":            {"cache:\n  memory: 1GiB\n  memory: 2GiB\n  memory: 3GiB", "8: cache.memory: is set twice, first in line 7\n9: cache.memory: is set twice, first in line 7"},
		"group twice":          {"cache: {}\nlisten: ':80'\ncache: {}", "8: cache: is set twice, first in line 6"},

		"no value":             {"listen:", "6: listen: has no value: give it one or remove the key"},
		"no group":             {"cache:\nlisten: ':80'", "6: cache: has no value: give it one or remove the key"},
		"number for text":      {"listen: 8080", `6: listen: must be text: put quotes around it, "8080"`},
		"truth for text":       {"state_dir: true", `6: state_dir: must be text: put quotes around it, "true"`},
		"list for text":        {"listen: [x]", "6: listen: must be a single value, not a list"},
		"group for a size":     {"cache: {memory: {a: 1}}", "6: cache.memory: must be a single value, not a group of keys"},
		"text for a group":     {"cache: big", `6: cache: must be a group of keys, not "big"`},
		"list for a group":     {"cache: []", "6: cache: must be a group of keys, not a list"},
		"text for a number":    {"origin: {max_connections: '5'}", `6: origin.max_connections: must be a whole number without quotes, not "5"`},
		"fraction":             {"origin: {max_connections: 5.5}", `6: origin.max_connections: must be a whole number without quotes, not "5.5"`},
		"huge number":          {"origin: {max_connections: 99999999999999999999}", `6: origin.max_connections: is too large a number: "99999999999999999999"`},
		"infinity":             {"origin: {hedge: {quantile: .inf}}", `6: origin.hedge.quantile: must be a number without quotes, not ".inf"`},
		"not a number":         {"origin: {hedge: {quantile: NaN}}", `6: origin.hedge.quantile: must be a number without quotes, not "NaN"`},
		"several lines":        {"state_dir: |\n  a\n  b", `6: state_dir: must not contain control characters such as line ends: "a\nb\n"`},
		"long text":            {"state_dir: " + strings.Repeat("x", 1025), "6: state_dir: is longer than 1024 bytes"},
		"long value is cut":    {"cache: {memory: " + strings.Repeat("x", 90) + "}", `6: cache.memory: must be a size like "512MiB", "4GiB" or a number of bytes, not "` + strings.Repeat("x", 80) + `"…`},
		"size without a unit":  {"cache: {memory: 4G}", `6: cache.memory: must be a size like "512MiB", "4GiB" or a number of bytes, not "4G"`},
		"duration without one": {"shutdown: {grace: 30}", `6: shutdown.grace: must be a duration like "500ms", "10m" or "24h", not "30"`},
		"days":                 {"shutdown: {grace: 1d}", `6: shutdown.grace: has no unit for days: write "24h"`},
		"percent without sign": {"origin: {hedge: {budget: 0.02}}", `6: origin.hedge.budget: must be a percentage like "2%", not "0.02"`},
	})
}

// TestParseTellsImpossibleValues: as above, of values that are well-formed.
func TestParseTellsImpossibleValues(t *testing.T) {
	tellsProblems(t, map[string]problemCase{
		"too small":         {"cache: {memory: 4}", "6: cache.memory: must be at least 1MiB, not 4B"},
		"too large":         {"cache: {memory: 65TiB}", "6: cache.memory: must be at most 64TiB, not 65TiB"},
		"negative duration": {"origin:\n  deadline: -1s", "7: origin.deadline: must be at least 10ms, not -1s"},
		"negative number":   {"origin: {max_connections: -1}", "6: origin.max_connections: must be at least 1, not -1"},
		"over a hundred":    {"origin: {hedge: {budget: 101%}}", "6: origin.hedge.budget: must be at most 100%, not 101%"},
		"quantile 0":        {"origin: {hedge: {quantile: 0}}", "6: origin.hedge.quantile: must be above 0 and below 1, not 0"},
		"quantile 1":        {"origin: {hedge: {quantile: 1}}", "6: origin.hedge.quantile: must be above 0 and below 1, not 1"},

		"address without port": {"listen: localhost", `6: listen: must be "host:port" or ":port" with a port from 0 to 65535, not "localhost"`},
		"port too large":       {"listen: ':65536'", `6: listen: must be "host:port" or ":port" with a port from 0 to 65535, not ":65536"`},
		"named port":           {"admin: {listen: 'localhost:http'}", `6: admin.listen: must be "host:port" or ":port" with a port from 0 to 65535, not "localhost:http"`},
		"admin in the open":    {"admin:\n  listen: ':9090'", `7: admin.listen: ":9090" can be reached from other machines: set admin.token_file, or listen on "127.0.0.1:9090"`},
		"admin on a name":      {"admin: {listen: 'edge.example.com:9090'}", `6: admin.listen: "edge.example.com:9090" can be reached from other machines: set admin.token_file, or listen on "127.0.0.1:9090"`},
		"same address":         {"listen: '127.0.0.1:9090'", `6: admin.listen: "127.0.0.1:9090" takes the same port as listen, "127.0.0.1:9090": give it another`},
		"same port everywhere": {"admin: {listen: '127.0.0.1:8080'}", `6: admin.listen: "127.0.0.1:8080" takes the same port as listen, ":8080": give it another`},

		"object over memory":  {"cache:\n  memory: 1GiB\n  max_object: 2GiB", "8: cache.max_object: 2GiB is more than cache.memory, 1GiB: lower it or raise cache.memory"},
		"fills over memory":   {"cache:\n  memory: 256MiB", "7: cache.fill_memory: 512MiB is more than cache.memory, 256MiB: lower it or raise cache.memory"},
		"object over fills":   {"cache: {max_object: 1GiB}", "6: cache.max_object: 1GiB is more than cache.fill_memory, 512MiB: no fill could hold such an object"},
		"first byte too late": {"origin: {first_byte_timeout: 5s, deadline: 4s}", "6: origin.first_byte_timeout: 5s is more than origin.deadline, 4s, which is for all attempts"},
		"connect too late":    {"origin: {connect_timeout: 3s}", "6: origin.connect_timeout: 3s is more than origin.first_byte_timeout, 2s, which includes it"},
		"hedge too late":      {"origin: {hedge: {min: 2s}}", "6: origin.hedge.min: 2s is not below origin.first_byte_timeout, 2s: no hedge would ever be sent"},
		"window too short":    {"origin: {breaker: {window: 19s}}", "6: origin.breaker.window: 19s is less than 10 times origin.first_byte_timeout, 2s: a request that outlasts the window is not counted; at least 20s"},
	})
}

type problemCase struct{ text, want string }

func tellsProblems(t *testing.T, cases map[string]problemCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(minimal+"\n"+c.text+"\n"), nil)
			requireProblems(t, err, inFile(c.want)...)
		})
	}
}

func TestParseAllowsLimits(t *testing.T) {
	for name, text := range map[string]string{
		"admin with a token": "admin: {listen: ':9090', token_file: token}",
		"any free ports":     "listen: ':0'\nadmin: {listen: 'localhost:0'}",
		"other loopback":     "admin: {listen: '127.1.2.3:9090'}",
		"IPv6 loopback":      "admin: {listen: '[::1]:9090'}",
		"same port, apart":   "listen: '10.0.0.1:80'\nadmin: {listen: '127.0.0.1:80'}",
		"all memory":         "cache: {memory: 64MiB, max_object: 64MiB, fill_memory: 64MiB}",
		"one attempt":        "origin: {first_byte_timeout: 4s, deadline: 4s, connect_timeout: 4s}",
		"no hedging":         "origin: {hedge: {budget: 0%, min: 5s}}",
		"window":             "origin: {breaker: {window: 20s}}",
		"no grace":           "shutdown: {grace: 0}",
		"other S3's region":  "sites: [{hosts: [a], regions: [{name: home, bucket: photos, role: source, endpoint: 'http://nas:9000'}]}]",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("f.yaml", []byte(text+"\n"+site(text)), nil)
			assert.NoError(t, err)
		})
	}
}

// site returns a valid site unless the text has one.
func site(text string) string {
	if strings.HasPrefix(text, "sites:") {
		return ""
	}
	return minimal
}

func TestParseTellsAllProblemsInOrder(t *testing.T) {
	_, err := Parse("f.yaml", []byte(`origin:
  hedge: {quantile: 2}
  deadline: soon
shutdown: {grace: 2h}
sites:
  - hosts: [IMG.example.com]
    regions:
      - {name: us-east-1, bucket: photos, role: source}
      - name: us-west-2
        bucket: photos-2
        role: primary
  - prefix: /a
  -
lisen: ":80"
`), []string{"PHOTOEDGE_LISTEN=80", "PHOTOEDGE_CACHE_MEMORY=1", "PHOTOEDGE_SITS=1"})
	requireProblems(t, err,
		"f.yaml:2: origin.hedge.quantile: must be above 0 and below 1, not 2",
		`f.yaml:3: origin.deadline: must be a duration like "500ms", "10m" or "24h", not "soon"`,
		"f.yaml:4: shutdown.grace: must be at most 1h, not 2h",
		`f.yaml:6: sites[0].hosts[0]: must be in lower case: "img.example.com"`,
		`f.yaml:11: sites[0].regions[1].role: must be "source" or "replica", not "primary"`,
		"f.yaml:12: sites[1].hosts: is required",
		"f.yaml:12: sites[1].regions: is required",
		`f.yaml:12: sites[1].prefix: must not begin with a slash, because S3 keys do not: "a"`,
		"f.yaml:13: sites[2]: has no value: give it one or remove the key",
		`f.yaml:14: lisen: is not a key; did you mean "listen"?`,
		"PHOTOEDGE_SITS: sets no key; did you mean PHOTOEDGE_LISTEN?",
		"PHOTOEDGE_CACHE_MEMORY: cache.memory: must be at least 1MiB, not 1B",
		`PHOTOEDGE_LISTEN: listen: must be "host:port" or ":port" with a port from 0 to 65535, not "80"`,
	)
}

func TestProblemString(t *testing.T) {
	assert.Equal(t, "f.yaml:3: a.b: is wrong", Problem{Source: "f.yaml", Line: 3, Key: "a.b", Message: "is wrong"}.String())
	assert.Equal(t, "f.yaml: is wrong", Problem{Source: "f.yaml", Message: "is wrong"}.String())
}

// inFile puts the file's name before each line.
func inFile(lines string) []string {
	out := strings.Split(lines, "\n")
	for i := range out {
		out[i] = "f.yaml:" + out[i]
	}
	return out
}
