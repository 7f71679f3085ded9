//go:build !race

// The race detector makes sync.Pool forget at random, so allocations are
// counted without it: the second half of the test command.

package proxy

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHitAllocatesNothing(t *testing.T) {
	h, ctx := hitContext(t, 4096)
	serve := func() {
		ctx.Response.Reset()
		h.ServeFastHTTP(ctx)
	}
	serve()
	require.Equal(t, 200, ctx.Response.StatusCode())
	require.Contains(t, string(ctx.Response.Header.Peek("Cache-Status")), "hit")
	assert.Zero(t, testing.AllocsPerRun(1000, serve))
}
