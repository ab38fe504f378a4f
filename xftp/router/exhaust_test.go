package router

import (
	"net"
	"os"
	"syscall"
	"testing"
)

// exhaustFiles has the process open as many files as it may, and then one connection come.
func exhaustFiles(t *testing.T, addr net.Addr) (release func()) {
	t.Helper()
	waiting, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	check(t, err)
	var old syscall.Rlimit
	check(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old))
	low := old
	low.Cur = 256
	check(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low))
	var open []*os.File
	release = func() {
		for _, f := range open {
			f.Close()
		}
		open = nil
		check(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old))
	}
	t.Cleanup(func() { syscall.Close(waiting) })
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		open = append(open, f)
	}
	tcp := addr.(*net.TCPAddr)
	if err := syscall.Connect(waiting, &syscall.SockaddrInet4{Port: tcp.Port, Addr: [4]byte(tcp.IP.To4())}); err != nil {
		release()
		t.Fatal(err)
	}
	return release
}
