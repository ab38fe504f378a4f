package listen

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// TestKeepAlive: connections have what their listener has.
func TestKeepAlive(t *testing.T) {
	listeners, err := Open([]string{"127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer Close(listeners)
	client, err := net.Dial("tcp", listeners[0].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := listeners[0].Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	raw, err := server.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) {
		for _, o := range []struct{ level, name, want int }{
			{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
			{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 300},
			{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 60},
			{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 5},
		} {
			if got, err := unix.GetsockoptInt(int(fd), o.level, o.name); err != nil || got != o.want {
				t.Errorf("option %d is %d, %v, want %d", o.name, got, err, o.want)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
}
