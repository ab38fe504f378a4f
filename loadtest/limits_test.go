package loadtest

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

func TestExplain(t *testing.T) {
	for err, command := range map[error]string{
		syscall.EADDRNOTAVAIL: "sysctl -w net.ipv4.ip_local_port_range",
		syscall.EMFILE:        "ulimit -n",
		syscall.ENFILE:        "sysctl -w fs.file-max",
		syscall.ENOBUFS:       "sysctl -w net.ipv4.tcp_mem",
	} {
		got := explain(fmt.Errorf("dial: %w", err))
		if !errors.Is(got, err) || !strings.Contains(got.Error(), command) || strings.Contains(got.Error(), "unknown") {
			t.Errorf("%v: %v", err, got)
		}
	}
	if err := errors.New("other"); explain(err) != err {
		t.Error("another error was explained")
	}
}

func TestShare(t *testing.T) {
	for _, n := range []int{0, 1, 7, 100, 1001} {
		for _, conns := range []int{1, 3, 8} {
			sum, least, most := 0, n, 0
			for i := range conns {
				s := share(n, conns, i)
				sum, least, most = sum+s, min(least, s), max(most, s)
			}
			if sum != n || most-least > 1 {
				t.Errorf("%d among %d: %d in all, %d to %d", n, conns, sum, least, most)
			}
		}
	}
}
