package process

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
		got := ExplainLimit(fmt.Errorf("dial: %w", err))
		if !errors.Is(got, err) || !strings.Contains(got.Error(), command) || strings.Contains(got.Error(), "unknown") {
			t.Errorf("%v: %v", err, got)
		}
	}
	if err := errors.New("other"); ExplainLimit(err) != err {
		t.Error("another error was explained")
	}
}

func TestMemAvailable(t *testing.T) {
	if n, ok := memAvailable("MemTotal: 10 kB\nMemAvailable:   2048 kB\n"); !ok || n != 2<<20 {
		t.Errorf("%d, %v", n, ok)
	}
	if _, ok := memAvailable("MemTotal: 10 kB\n"); ok {
		t.Error("found what is not there")
	}
	if err := CheckMemory(1, 1); err != nil {
		t.Error(err)
	}
	if err := CheckMemory(1<<40, 0); err == nil {
		t.Error("no error for more memory than any machine has")
	}
}
