//go:build unix

package listen

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// bothFamilies has a socket of IPv6 take IPv4 too, which package net has forbidden it, and then does what next does.
func bothFamilies(next func(string, string, syscall.RawConn) error) func(string, string, syscall.RawConn) error {
	return func(network, address string, c syscall.RawConn) (err error) {
		failure := c.Control(func(fd uintptr) {
			err = os.NewSyscallError("setsockopt", unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0))
		})
		if err = errors.Join(err, failure); err != nil || next == nil {
			return err
		}
		return next(network, address, c)
	}
}
