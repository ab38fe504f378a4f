package listen

import (
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// listenConfig makes listeners whose connections tell whether their peers are still there. On Linux a connection has what its
// listener has, so that none needs four system calls of its own.
var listenConfig = net.ListenConfig{KeepAlive: -1, Control: keepAlive}

// keepAlive sets up a socket that will listen.
func keepAlive(_, _ string, c syscall.RawConn) (err error) {
	options := [...]struct{ level, name, value int }{
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(keepAliveIdle / time.Second)},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(keepAliveInterval / time.Second)},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, keepAliveCount},
	}
	failure := c.Control(func(fd uintptr) {
		for _, o := range options {
			if err == nil {
				err = os.NewSyscallError("setsockopt", unix.SetsockoptInt(int(fd), o.level, o.name, o.value))
			}
		}
	})
	return errors.Join(err, failure)
}
