package s3test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// serverPackage is what the pinned module file provides.
	serverPackage = "github.com/versity/versitygw/cmd/versitygw"
	// buildLimit bounds one build: about 100 s on two idle cores.
	buildLimit = 10 * time.Minute
	// lockPoll is how often a process looks whether another one's build is done.
	lockPoll = 200 * time.Millisecond
)

// BuildVersitygw returns the path of the pinned versitygw binary and builds it
// first when this machine does not have it yet, which takes about two minutes
// on two cores. The binary lies in the user's cache folder under a name made
// of the module files' content, the Go version and the platform, so a changed
// pin is a new binary; test processes that want it at the same time wait for
// one build. What goes wrong fails the test: it is never skipped.
func BuildVersitygw(tb testing.TB) string {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), buildLimit)
	defer cancel()

	binary, err := ensureBinary(ctx)
	if err != nil {
		tb.Fatalf("s3test: the S3 server of the tests is not there and could not be built: %v\n"+
			"What to do: run `go build %s` in origin/s3test/versitygw; it needs the Go command, "+
			"the module proxy (or a filled module cache) and about 1 GB of disk.", err, serverPackage)
	}
	return binary
}

// ensureBinary finds the binary or builds it under the lock of its folder.
func ensureBinary(ctx context.Context) (string, error) {
	source, err := locateSource(ctx)
	if err != nil {
		return "", err
	}
	folder, err := source.cacheFolder()
	if err != nil {
		return "", err
	}
	binary := filepath.Join(folder, "versitygw")
	if isFile(binary) {
		return binary, nil
	}

	unlock, err := lockFolder(ctx, folder)
	if err != nil {
		return "", err
	}
	defer unlock()
	if isFile(binary) { // another process built it while this one waited
		return binary, nil
	}
	return binary, source.build(ctx, binary)
}

// source is the folder with the pinned module file, and what else decides what
// a build of it yields.
type source struct {
	dir       string
	toolchain string // version, OS and architecture, as `go env` prints them
}

// locateSource finds the module folder beside this file. A binary built with
// -trimpath does not know where its sources lie, so the module that the test
// runs in is asked for.
func locateSource(ctx context.Context) (source, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "GOMOD", "GOVERSION", "GOOS", "GOARCH")
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		cmd.Dir = filepath.Dir(file)
	}
	out, err := cmd.Output()
	if err != nil {
		return source{}, fmt.Errorf("go env: %w", err)
	}
	module, toolchain, ok := strings.Cut(string(out), "\n")
	if !ok || filepath.Base(module) != "go.mod" {
		return source{}, fmt.Errorf("the test does not run inside the photoedge module (GOMOD=%q)", module)
	}
	dir := filepath.Join(filepath.Dir(module), "origin", "s3test", "versitygw")
	return source{dir: dir, toolchain: toolchain}, nil
}

// cacheFolder names the place of the binary by what it is built from, and
// creates it.
func (s source) cacheFolder() (string, error) {
	sum := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			return "", fmt.Errorf("read the pinned module: %w", err)
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(content), content)
	}
	fmt.Fprint(sum, s.toolchain)

	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder, set HOME or XDG_CACHE_HOME: %w", err)
	}
	folder := filepath.Join(cache, "photoedge", "versitygw-"+hex.EncodeToString(sum.Sum(nil))[:16])
	return folder, os.MkdirAll(folder, 0o755)
}

// build writes the binary beside its place and renames it, so that whatever
// has the final name is whole.
func (s source) build(ctx context.Context, binary string) error {
	unfinished := binary + ".unfinished"
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w", "-o", unfinished, serverPackage)
	cmd.Dir = s.dir
	// The flags and the workspace of the test run are not those of this module;
	// without cgo the build needs no C compiler.
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build in %s: %w\n%s", s.dir, errors.Join(err, ctx.Err()), out)
	}
	return os.Rename(unfinished, binary)
}

// lockFolder takes the folder's lock, which the kernel drops when the process
// that holds it ends, however it ends.
func lockFolder(ctx context.Context, folder string) (unlock func(), err error) {
	lock, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the build lock: %w", err)
	}
	poll := time.NewTicker(lockPoll)
	defer poll.Stop()
	for {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = lock.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("take the build lock: %w", err), lock.Close())
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("wait for another process's build: %w", ctx.Err()), lock.Close())
		}
	}
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
