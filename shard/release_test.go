package shard

import (
	"runtime"
	"testing"
	"time"
	"weak"
)

// TestClosedSetIsLetGo: what a closed Set had in memory is free, although it was about to send notifications much later.
func TestClosedSetIsLetGo(t *testing.T) {
	cores := closedSet(t)
	for _, c := range cores {
		// Pools and timers keep what is in them for a round or two, and goroutines their stacks until they have had the processor
		// once more, to end.
		for rounds := 0; c.Value() != nil && rounds < 200; rounds++ {
			runtime.GC()
			runtime.Gosched()
		}
		if c.Value() != nil {
			t.Error("a shard's memory is held")
		}
	}
}

// closedSet is what is left of the shards of a Set that has gathered notifications.
func closedSet(t *testing.T) (cores []weak.Pointer[core]) {
	cfg := testConfig()
	cfg.NotifyEvery = 1000 * time.Hour
	set := newSet(cfg.withDefaults(), newFakeStore(), seeded(1))
	for _, w := range set.workers {
		w.core.notifyLater()
		cores = append(cores, weak.Make(w.core))
	}
	if err := set.Close(); err != nil {
		t.Fatal(err)
	}
	return cores
}
