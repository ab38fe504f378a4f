package main

import (
	"runtime"
	"testing"
)

// Loops, shards and workers are one a core, and the ini's numbers stay; more goroutines may run than there are cores, but not
// when the environment says how many.
func TestTuneCores(t *testing.T) {
	const cores = 3
	before := runtime.GOMAXPROCS(cores)
	defer runtime.GOMAXPROCS(before)
	for _, c := range []struct {
		env  string
		want int
	}{{"3", cores}, {"", goroutinesPerCore * cores}} {
		t.Setenv("GOMAXPROCS", c.env)
		var s settings
		s.queues.Shards = 5
		s.tuneCores()
		if s.engine.Loops != cores || s.engine.HandshakeWorkers != cores || s.queues.Shards != 5 {
			t.Errorf("%d loops, %d workers, %d shards", s.engine.Loops, s.engine.HandshakeWorkers, s.queues.Shards)
		}
		if got := runtime.GOMAXPROCS(0); got != c.want {
			t.Errorf("GOMAXPROCS=%q: %d goroutines may run, want %d", c.env, got, c.want)
		}
	}
}
