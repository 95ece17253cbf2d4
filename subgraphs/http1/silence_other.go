//go:build !unix

package http1

import "net"

// Supported says that connections cannot be asked whether they are still open,
// which this package needs before it uses one again.
const Supported = false

func silence(net.Conn) func() bool { return func() bool { return false } }
