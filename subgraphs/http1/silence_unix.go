//go:build unix

package http1

import (
	"net"
	"syscall"
)

// Supported says that connections can be asked whether they are still open, which
// this package needs before it uses one again.
const Supported = true

// silence gives a function that tells, without waiting, whether a connection is
// open and has nothing to read.
func silence(c net.Conn) func() bool {
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return func() bool { return false }
	}
	silent := false
	var one [1]byte
	look := func(fd uintptr) bool {
		_, err := syscall.Read(int(fd), one[:]) // sockets of package net do not block
		silent = err == syscall.EAGAIN          //nolint:errorlint // an Errno as it is
		return true
	}
	return func() bool { return raw.Read(look) == nil && silent }
}
