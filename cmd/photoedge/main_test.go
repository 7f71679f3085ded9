package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"photoedge/origin/s3local"
)

// asProgram makes the test binary behave as photoedge, so that a test can run
// the program as a process of its own, with signals.
const asProgram = "PHOTOEDGE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		environ := []string{}
		for _, kv := range os.Environ() {
			if !strings.HasPrefix(kv, asProgram) {
				environ = append(environ, kv)
			}
		}
		os.Exit(run(os.Args[1:], environ, os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// invoke runs a command in this process.
func invoke(args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = run(args, nil, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "photoedge.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

// localSite is the configuration of an edge before a cluster's regions.
func localSite(cluster *s3local.Cluster) string {
	var y strings.Builder
	y.WriteString("listen: \"127.0.0.1:0\"\nadmin: {listen: \"127.0.0.1:0\"}\ncache: {memory: 64MiB, max_object: 16MiB, fill_memory: 32MiB}\n")
	y.WriteString("sites:\n  - hosts: [\"*\"]\n    regions:\n")
	for _, r := range cluster.Regions() {
		fmt.Fprintf(&y, "      - {name: %s, bucket: %s, role: %s, endpoint: %q, path_style: true, anonymous: true}\n",
			r.Name(), r.Bucket(), r.Role(), r.Endpoint())
	}
	return y.String()
}

func startCluster(t *testing.T) *s3local.Cluster {
	t.Helper()
	cluster, err := s3local.Start(s3local.Options{Regions: []s3local.RegionOptions{
		{Name: "near", Bucket: "photos-near", Role: s3local.Source},
		{Name: "far", Bucket: "photos-far", Role: s3local.Replica},
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, cluster.Close()) })
	return cluster
}

func TestWrongConfigurationNamesKeyAndLineAndExitsTwo(t *testing.T) {
	wrong := writeFile(t, "listen: \":8080\"\ncache:\n  memroy: 1GiB\nsites:\n  - hosts: [\"*\"]\n    regions: [{name: a, bucket: bucket-a, role: primary}]\n")
	for _, command := range []string{"serve", "check", "healthcheck"} {
		code, out, errOut := invoke(command, "-c", wrong)
		assert.Equal(t, 2, code)
		assert.Empty(t, out)
		assert.Contains(t, errOut, "photoedge.yaml:3: cache.memroy")
		assert.Contains(t, errOut, "photoedge.yaml:6: sites[0].regions[0].role")
	}
	for name, file := range map[string]string{
		"missing": filepath.Join(t.TempDir(), "none.yaml"), "a folder": t.TempDir(), "empty": writeFile(t, ""),
	} {
		code, _, errOut := invoke("serve", "-c", file)
		assert.Equal(t, 2, code, name)
		assert.Contains(t, errOut, file, name)
	}
	code, _, errOut := invoke("serve")
	assert.Equal(t, 2, code)
	assert.Contains(t, errOut, "sites")
}

func TestWrongUsageExitsTwo(t *testing.T) {
	for _, args := range [][]string{{"serve", "--colour"}, {"serve", "now"}, {"demo", "--photos", "3"}, {"demo", "--photos", "many"}} {
		code, _, errOut := invoke(args...)
		assert.Equal(t, 2, code, args)
		assert.NotEmpty(t, errOut)
	}
}

func TestCheckTellsWhichRegionCannotBeUsed(t *testing.T) {
	cluster := startCluster(t)
	file := writeFile(t, localSite(cluster))
	code, out, _ := invoke("check", "-c", file)
	assert.Zero(t, code, out)
	assert.Contains(t, out, "near")
	assert.Contains(t, out, "in step")

	cluster.Region("far").SetFault(s3local.Fault{Mode: s3local.FaultRefused})
	code, out, errOut := invoke("check", "-c", file)
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "FAIL")
	assert.Contains(t, out, "connection refused")
	assert.Contains(t, errOut, "1 of the regions cannot be used")
}

func TestReferenceAndExampleArePrinted(t *testing.T) {
	code, out, _ := invoke("config")
	assert.Zero(t, code)
	assert.Contains(t, out, "PHOTOEDGE_CACHE_MEMORY")
	code, out, _ = invoke("config", "--example")
	assert.Zero(t, code)
	assert.Contains(t, out, "sites:")
}

// process is photoedge as a process of its own.
type process struct {
	cmd          *exec.Cmd
	photos, port string
	log          *bufio.Reader
}

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	p := &process{cmd: cmd, log: bufio.NewReader(stderr)}
	for {
		line, err := p.log.ReadString('\n')
		require.NoError(t, err, "the process ended before it served")
		var entry struct{ Msg, Address, Admin string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "serving photos" {
			p.photos, p.port = entry.Address, entry.Admin
			return p
		}
	}
}

func (p *process) wait() error {
	_, _ = io.Copy(io.Discard, p.log)
	return p.cmd.Wait()
}

// Kill -TERM under load: no request that had begun is cut, and the process
// ends by itself with 0.
func TestTermUnderLoadCutsNothing(t *testing.T) {
	cluster := startCluster(t)
	body := bytes.Repeat([]byte("photoedge "), 50_000)
	for i := range 64 {
		cluster.Put(fmt.Sprintf("%d.jpg", i), body, s3local.Metadata{})
	}
	cluster.Region("near").SetRate(64 << 20) // so that fills take their time
	p := startProcess(t, "serve", "-c", writeFile(t, localSite(cluster)))

	var served, cut atomic.Int64
	enough := make(chan struct{})
	var wg sync.WaitGroup
	for c := range 24 {
		wg.Go(func() {
			transport := &http.Transport{MaxConnsPerHost: 1}
			defer transport.CloseIdleConnections()
			client := &http.Client{Transport: transport}
			for i := 0; ; i++ {
				resp, err := client.Get(fmt.Sprintf("%s/%d.jpg", p.photos, (c*7+i)%64))
				if err != nil {
					return // not begun: nobody listens any more
				}
				got, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if err != nil || resp.StatusCode != http.StatusOK || !bytes.Equal(got, body) {
					cut.Add(1)
				}
				if served.Add(1) == 300 {
					close(enough)
				}
				if resp.Close {
					return
				}
			}
		})
	}
	<-enough
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	wg.Wait()
	require.NoError(t, p.wait())
	assert.Zero(t, cut.Load(), "of %d", served.Load())
}

func TestHealthcheckAsksTheRunningEdge(t *testing.T) {
	cluster := startCluster(t)
	p := startProcess(t, "serve", "-c", writeFile(t, localSite(cluster)))
	addr := strings.TrimPrefix(p.port, "http://")
	require.NoError(t, askHealth(t.Context(), addr))
	require.Eventually(t, func() bool {
		resp, err := http.Get(p.port + "/readyz")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, time.Minute, 10*time.Millisecond)
	resp, err := http.Get(p.port + "/v1/stats")
	require.NoError(t, err)
	defer resp.Body.Close()
	var s struct {
		Requests struct{ Outcomes map[string]uint64 }
		Sites    map[string][]struct{ Name, Role, Breaker string }
	}
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&s))
	assert.Contains(t, s.Requests.Outcomes, "hit")
	require.Len(t, s.Sites["*"], 2)
	assert.ElementsMatch(t, []string{"source", "replica"}, []string{s.Sites["*"][0].Role, s.Sites["*"][1].Role}, "nearest first")

	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, p.wait())
	require.Error(t, askHealth(t.Context(), addr))
}

func TestPortThatIsTakenIsAClearError(t *testing.T) {
	cluster := startCluster(t)
	p := startProcess(t, "serve", "-c", writeFile(t, localSite(cluster)))
	taken := strings.TrimPrefix(p.photos, "http://")
	code, _, errOut := invoke("serve", "-c", writeFile(t, strings.Replace(localSite(cluster), `"127.0.0.1:0"`, `"`+taken+`"`, 1)))
	assert.Equal(t, 1, code)
	assert.Contains(t, errOut, "cannot listen on "+taken)
}

// drillDemo is a drill of few photos that takes no busy machine for a dark
// region.
func drillDemo(t *testing.T) (d *demo, out *bytes.Buffer) {
	t.Helper()
	out = &bytes.Buffer{}
	term := &terminal{in: strings.NewReader(""), out: out, err: io.Discard}
	d, err := startDemo(t.Context(), term, &demoFlags{
		listen: "127.0.0.1:0", gallery: "127.0.0.1:0", photos: 20, drill: true, patience: 5 * time.Second,
	})
	require.NoError(t, err)
	return d, out
}

// The drill is the demo without a person: it proves failover end to end.
func TestDrill(t *testing.T) {
	d, out := drillDemo(t)
	require.NoError(t, d.runDrill(t.Context()), out)
	assert.Contains(t, out.String(), "no client saw an error or a wrong byte")
	for _, phase := range []string{"cold", "warm", "source dark", "replica only", "healed"} {
		assert.Contains(t, out.String(), phase)
	}
}

// The drill must be able to fail: with a region that lies, it does.
func TestDrillFailsWhenAClientSeesAWrongByte(t *testing.T) {
	d, _ := drillDemo(t)
	d.photos[7].SHA256[0] ^= 1
	require.ErrorContains(t, d.runDrill(t.Context()), "wrong bytes")
}
