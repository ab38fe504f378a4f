//go:build !linux

package router

import "net"

// limitSending does nothing where the kernel cannot watch over clients that take nothing.
func limitSending(net.Conn) {}
