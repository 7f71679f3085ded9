// Command photoedge is a caching image CDN edge in front of S3.
//
//	photoedge demo      an edge with two embedded regions, nothing to set up
//	photoedge serve     the edge, as configured
//	photoedge check     asks every configured region whether it can be used
//
// Exit codes: 0 success, 1 failure, 2 wrong configuration or usage.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"photoedge/config"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// version is set when a release is built (-ldflags "-X main.version=…").
var version = ""

func main() { os.Exit(run(os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)) }

// terminal is what a command talks to.
type terminal struct {
	environ  []string
	in       io.Reader
	out, err io.Writer
}

func run(args, environ []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	root := newRoot(&terminal{environ, in, out, errOut})
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, errReported) {
		fmt.Fprintln(errOut, err)
	}
	return exitCode(err)
}

// errReported is a failure that has been shown already.
var errReported = errors.New("failed")

// usageError is a wrong command line.
type usageError struct{ error }

func exitCode(err error) int {
	if _, ok := errors.AsType[*config.Error](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitFailed
}

func newRoot(t *terminal) *cobra.Command {
	root := &cobra.Command{
		Use:           "photoedge",
		Short:         "A caching image CDN edge in front of S3",
		Long:          "photoedge serves photos from memory, fetches what it lacks from the nearest S3 region,\nand goes to another region when that one is slow or gone.\n\nTry it with nothing to set up:  photoedge demo",
		Version:       buildVersion(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w\nSee '%s --help'", err, c.CommandPath())}
	})
	root.AddCommand(newServe(t), newCheck(t), newDemo(t), newHealthcheck(t), newConfig(t))
	return root
}

func buildVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "unknown"
	}
	return info.Main.Version
}

// noArgs refuses arguments as wrong usage.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usageError{fmt.Errorf("%s takes no arguments, got %q\nSee '%s --help'", c.CommandPath(), args[0], c.CommandPath())}
}
