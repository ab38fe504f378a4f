package listen

import (
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// What is listened on is what was asked for: every address, those of one family, or one.
func TestOpenListensAsTold(t *testing.T) {
	port := freePort(t)
	probe, err := net.Listen("tcp6", "[::1]:0")
	ipv6 := err == nil
	if ipv6 {
		probe.Close()
	}
	for _, test := range []struct {
		hosts  []string
		v4, v6 bool
	}{
		{[]string{""}, true, true},
		{[]string{"0.0.0.0"}, true, false},
		{[]string{"::"}, false, true},
		{[]string{"0.0.0.0", "::"}, true, true},
		{[]string{"127.0.0.1"}, true, false},
		{[]string{"::1"}, false, true},
	} {
		if !ipv6 && strings.HasPrefix(test.hosts[len(test.hosts)-1], "::") {
			continue // the system has none
		}
		var addrs []string
		for _, host := range test.hosts {
			addrs = append(addrs, net.JoinHostPort(host, port))
		}
		all, err := Open(addrs)
		if err != nil {
			t.Errorf("%q: %v", test.hosts, err)
			continue
		}
		for host, want := range map[string]bool{"127.0.0.1": test.v4, "::1": test.v6 && ipv6} {
			c, err := net.Dial("tcp", net.JoinHostPort(host, port))
			if (err == nil) != want {
				t.Errorf("%q: %s connects: %v", test.hosts, host, err)
			}
			if err == nil {
				c.Close()
			}
		}
		Close(all)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// What cannot be listened on is an Error, and what was opened before is closed.
func TestOpenFails(t *testing.T) {
	first, err := Open([]string{"127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer Close(first)
	taken := first[0].Addr().String()
	beside := "127.0.0.2" + taken[strings.LastIndex(taken, ":"):]
	var failure *Error
	if _, err := Open([]string{beside, taken}); !errors.As(err, &failure) || failure.Addr != taken || !errors.Is(err, syscall.EADDRINUSE) {
		t.Error(err)
	}
	again, err := Open([]string{beside})
	if err != nil {
		t.Error(err)
	}
	Close(again)
}

// A kernel without IPv6 has the router listen on all addresses of IPv4; an address of IPv6 that the ini asks for is a fault.
func TestOpenWithoutIPv6(t *testing.T) {
	for name, failure := range map[string]error{"not in the kernel": syscall.EAFNOSUPPORT, "no address has it": syscall.EADDRNOTAVAIL} {
		config := listenConfig
		config.Control = func(network, address string, c syscall.RawConn) error {
			if network == "tcp6" {
				return os.NewSyscallError("socket", failure)
			}
			return nil
		}
		l, err := open(config, ":0")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		defer l.Close()
		if a := l.Addr().(*net.TCPAddr); a.IP.To4() == nil {
			t.Errorf("%s: listens on %v", name, a)
		}
		c, err := net.Dial("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(l.Addr().(*net.TCPAddr).Port)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c.Close()
		for _, addr := range []string{"[::]:0", "[::1]:0"} {
			if l, err := open(config, addr); !errors.Is(err, failure) {
				t.Errorf("%s: %s: %v, %v", name, addr, l, err)
			}
		}
	}
}
