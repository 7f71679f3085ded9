package s3local

import (
	"fmt"
	"net/netip"
	"syscall"
)

// holdPort finds a free port on loopback and keeps it until release: bound but
// not listening, it is refused to clients, and no other process is given it
// while the region does not listen. The region itself may listen, because both
// sockets allow the address to be reused (socket(7), SO_REUSEADDR).
func holdPort() (addr string, release func(), err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", nil, fmt.Errorf("socket: %w", err)
	}
	release = func() { _ = syscall.Close(fd) }
	if err := bindLoopback(fd); err != nil {
		release()
		return "", nil, err
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		release()
		return "", nil, fmt.Errorf("getsockname: %w", err)
	}
	in, ok := bound.(*syscall.SockaddrInet4)
	if !ok {
		release()
		return "", nil, fmt.Errorf("getsockname: %T is no IPv4 address", bound)
	}
	return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), uint16(in.Port)).String(), release, nil
}

func bindLoopback(fd int) error {
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return fmt.Errorf("setsockopt: %w", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	return nil
}
