package s3test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// startLimit bounds the wait for a started server to answer; it takes a
	// fraction of a second, and more while the race detector has the cores.
	startLimit = 30 * time.Second
	// healthPoll is how often a started server is asked whether it is there.
	healthPoll = 20 * time.Millisecond
	// healthPath answers 200 without credentials.
	healthPath = "/s3test-health"
	// outputKept is how much of a server's output is kept, in bytes.
	outputKept = 64 << 10
)

// server is one running versitygw process.
type server struct {
	cmd    *exec.Cmd
	output *tail
	ended  chan struct{} // closed when the process is gone and err is set
	err    error
}

// startServer runs the binary and returns when it answers on addr, or when it
// is clear that it never will.
func startServer(ctx context.Context, binary, addr string, args, env []string, output *tail) (*server, error) {
	cmd := exec.Command(binary, args...) //nolint:noctx // its life is the region's, ended by kill
	cmd.Env = env
	cmd.Stdout, cmd.Stderr = output, output
	// A test binary that panics or times out takes its servers along. The kernel
	// ties this to the thread that starts the server, and Go's threads live as
	// long as the process unless a goroutine that is locked to one ends.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start versitygw: %w", err)
	}
	s := &server{cmd: cmd, output: output, ended: make(chan struct{})}
	go func() {
		s.err = cmd.Wait()
		close(s.ended)
	}()
	if err := s.awaitHealth(ctx, addr); err != nil {
		s.kill()
		return nil, err
	}
	return s, nil
}

// awaitHealth polls until the server answers, has ended, or startLimit is over.
func (s *server) awaitHealth(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	poll := time.NewTicker(healthPoll)
	defer poll.Stop()
	for {
		if healthy(ctx, addr) {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("versitygw ended at its start: %w", s.err)
		case <-ctx.Done():
			return fmt.Errorf("versitygw does not answer on %s: %w", addr, ctx.Err())
		case <-poll.C:
		}
	}
}

// healthy asks on a connection of its own, which stays with nobody.
func healthy(ctx context.Context, addr string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+healthPath, http.NoBody)
	if err != nil {
		return false
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

// kill ends the process, also a stopped one, and returns when it is gone.
func (s *server) kill() {
	_ = s.cmd.Process.Kill() // an error means that it has ended already
	<-s.ended
}

// pause stops the process and returns when its last thread has stopped: the
// signal alone returns while some of them still run.
func (s *server) pause(ctx context.Context) error {
	if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for {
		var info unix.Siginfo
		// WNOWAIT asks for the state and leaves it, so pausing twice works.
		err := unix.Waitid(unix.P_PID, s.cmd.Process.Pid, &info, unix.WSTOPPED|unix.WNOHANG|unix.WNOWAIT, nil)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			return err
		}
		if info.Signo == int32(syscall.SIGCHLD) {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("versitygw has ended: %w", s.err)
		case <-ctx.Done():
			return ctx.Err()
		case <-poll.C:
		}
	}
}

func (s *server) resume() error { return s.cmd.Process.Signal(syscall.SIGCONT) }

// freeAddr returns a loopback address that was free a moment ago.
func freeAddr(ctx context.Context) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

// tail keeps the last bytes written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
	cut  bool
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if excess := len(t.kept) - outputKept; excess > 0 {
		t.kept = append(t.kept[:0], t.kept[excess:]...)
		t.cut = true
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cut {
		return "(earlier output cut)\n" + string(t.kept)
	}
	return string(t.kept)
}
