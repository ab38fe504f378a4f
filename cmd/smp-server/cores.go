package main

import (
	"os"
	"runtime"
)

// Go's scheduler lets a goroutine have a core for 10 ms before another one has its turn. A message passes loop, shard, log
// and loop again: behind loops that are flooded, or workers that are busy with handshakes, it would wait so long at each.
// The system's scheduler gives a thread that has waited its turn at once. So more goroutines may run than there are cores,
// and the system chooses among them.
const goroutinesPerCore = 2

// tuneCores has loops, shards and workers be one a core, where the ini does not say otherwise, and lets more of them run
// than there are cores, unless the environment says how many.
func (s *settings) tuneCores() {
	cores := runtime.GOMAXPROCS(0)
	for _, n := range []*int{&s.engine.Loops, &s.engine.HandshakeWorkers, &s.queues.Shards} {
		if *n == 0 {
			*n = cores
		}
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(goroutinesPerCore * cores)
	}
}
