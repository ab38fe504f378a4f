package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// tuneMemory sets how the collector works, unless the environment has.
func (s *settings) tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(s.gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" && s.memoryLimit > 0 {
		debug.SetMemoryLimit(s.memoryLimit)
	}
}

const (
	// trimTick is how often the router looks whether there is calm.
	trimTick = 10 * time.Second
	// trimCalm is how many bytes may be allocated in that time when it is.
	trimCalm = 8 << 20
)

// trimmer gives memory back to the system when a storm is over. The collector runs when the heap has grown by a share of
// itself, which in calm takes hours; until then what a storm has left stays.
type trimmer struct {
	allocated uint64 // bytes in all, at the last look
	due       bool   // there was a storm since memory was given back
}

// look takes the bytes allocated so far; it says whether memory is to be given back now.
func (t *trimmer) look(allocated uint64) bool {
	calm := allocated-t.allocated < trimCalm
	t.allocated = allocated
	now := t.due && calm
	t.due = !calm
	return now
}

// trimMemory does so until ctx is done.
func trimMemory(ctx context.Context) {
	var t trimmer
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	tick := time.NewTicker(trimTick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			metrics.Read(sample)
			if t.look(sample[0].Value.Uint64()) {
				debug.FreeOSMemory()
			}
		}
	}
}
