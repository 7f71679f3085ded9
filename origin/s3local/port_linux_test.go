package s3local_test

import (
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"photoedge/origin/s3local"
)

func TestRefusedPortIsNobodyElses(t *testing.T) {
	c, near, _ := start(t)
	near.SetFault(s3local.Fault{Mode: s3local.FaultRefused})
	// Ports that the system hands out are bound without a claim to share them.
	alone := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		ctlErr := raw.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 0)
		})
		require.NoError(t, ctlErr)
		return err
	}}
	take := func() error {
		l, err := alone.Listen(t.Context(), "tcp", strings.TrimPrefix(near.Endpoint(), "http://"))
		if err == nil {
			_ = l.Close()
		}
		return err
	}
	require.ErrorIs(t, take(), syscall.EADDRINUSE)
	near.SetFault(s3local.Fault{})
	require.Equal(t, 200, raw(t, near, "HEAD", "/photos-near", nil, "").status)
	near.SetFault(s3local.Fault{Mode: s3local.FaultRefused})
	require.NoError(t, c.Close())
	assert.NoError(t, take(), "given back")
}
