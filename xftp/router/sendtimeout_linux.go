package router

import (
	"net"
	"time"

	"golang.org/x/sys/unix"

	"switchyard/server/listen"
)

// sendTimeout ends a connection whose client takes nothing from its socket for so long. The reference waits for ever.
const sendTimeout = 5 * time.Minute

// limitSending lets the kernel watch over sendTimeout (tcp(7), TCP_USER_TIMEOUT), which costs nothing for each write.
func limitSending(conn net.Conn) {
	tcp, ok := listen.Socket(conn).(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return // closed already
	}
	raw.Control(func(fd uintptr) {
		unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(sendTimeout/time.Millisecond))
	})
}
