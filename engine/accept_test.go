package engine_test

import (
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"switchyard/engine"
)

// until waits until cond is true.
func until(t testing.TB, what string, cond func() bool) {
	t.Helper()
	ctx := testContext(t)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("in vain: ", what)
		}
	}
}

// At the limit of open files the router turns nobody's connection down that is there, and accepts again when files are
// closed.
func TestLimitOfOpenFiles(t *testing.T) {
	r := startRouter(t)
	c := r.dial(t)
	exchange(t, c, c, 1)
	waiting, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(waiting)
	addr, err := net.ResolveTCPAddr("tcp", r.config.Listen[0])
	if err != nil {
		t.Fatal(err)
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	low := old
	low.Cur = 256
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	var open []*os.File
	restore := func() {
		for _, f := range open {
			f.Close()
		}
		open = nil
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
			t.Fatal(err)
		}
	}
	defer restore()
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		open = append(open, f)
	}
	if err := syscall.Connect(waiting, &syscall.SockaddrInet4{Port: addr.Port, Addr: [4]byte(addr.IP.To4())}); err != nil {
		t.Fatal(err)
	}
	until(t, "a connection cannot be accepted", func() bool { return r.Stats().Failed > 0 })
	exchange(t, c, c, 1)
	restore()
	exchange(t, r.dial(t), c, 1)
}

// There are no more connections than may be; when one ends, another is taken.
func TestMaxConnections(t *testing.T) {
	r := startRouter(t, func(c *engine.Config) { c.Limits.MaxConnections = 2 })
	first, second := r.dial(t), r.dial(t)
	if n, err := r.tcp(t).Read(make([]byte, 1)); n != 0 || err == nil {
		t.Fatal("the third connection is not closed")
	}
	r.closedFor(t, engine.CauseFull)
	exchange(t, first, second, 1)
	first.Close()
	until(t, "a connection ends", func() bool { return r.Stats().Open == 1 })
	exchange(t, r.dial(t), second, 1)
}

// A router may be stopped before it runs; then it does not.
func TestStopBeforeRun(t *testing.T) {
	r := startRouter(t)
	cfg := r.config
	cfg.Listen = []string{freeAddress(t)}
	cfg.Store = r.store
	idle, err := engine.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := idle.Stop(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if err := idle.Run(); err != nil {
		t.Fatal(err)
	}
}
