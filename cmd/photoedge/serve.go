package main

import (
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/spf13/cobra"

	"photoedge/config"
)

func newServe(t *terminal) *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve photos as configured",
		Args:  noArgs,
	}
	load := configFlag(c, t)
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := load()
		if err != nil {
			return err
		}
		log := slog.New(slog.NewJSONHandler(t.err, nil))
		limitMemory(cfg, log)
		warnUnused(cfg, log)
		e, err := newEdge(c.Context(), cfg, log)
		if err != nil {
			return err
		}
		return e.run(c.Context())
	}
	return c
}

const (
	// Bodies hold no pointers, so marking is cheap and headroom is the cost: a
	// low GC percentage keeps resident memory near what is configured.
	gcPercent = 25
	// memoryHeadroom is what connections, headers and the runtime may take on
	// top of cache and fills before the collector works harder.
	memoryHeadroom = 1.15
)

// limitMemory sets the collector for cfg, unless GOGC or GOMEMLIMIT say
// otherwise, and warns when the machine or container has less.
func limitMemory(cfg *config.Config, log *slog.Logger) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	want := int64(memoryHeadroom * float64(cfg.Cache.Memory+cfg.Cache.FillMemory))
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(want)
	}
	if limit, err := memlimit.FromCgroup(); err == nil && limit < uint64(want) {
		log.Warn("the container's memory limit is below what is configured: lower cache.memory or raise the limit",
			"limit", config.Bytes(limit).String(), "wanted", fmt.Sprint(config.Bytes(want)))
	}
}

// warnUnused tells of keys that are accepted but do not work yet, so that
// nobody relies on them.
func warnUnused(cfg *config.Config, log *slog.Logger) {
	if cfg.StateDir != "" {
		log.Warn("this key is not in effect yet in this version", "key", "state_dir")
	}
}
