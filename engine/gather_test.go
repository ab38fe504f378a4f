package engine

import (
	"crypto/ed25519"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/prometheus/client_golang/prometheus"

	"switchyard/internal/stage"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/wal"
)

// drains is how many drains there were, and of how many commands in all.
func drains(t *testing.T, w *stage.Watch) (n uint64, commands float64) {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(w)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "switchyard_drain_commands" {
			h := f.GetMetric()[0].GetHistogram()
			return h.GetSampleCount(), h.GetSampleSum()
		}
	}
	t.Fatal("drains are not counted")
	return 0, 0
}

// Blocks that a loop reads before it turns are one drain; as many as gatherLimit are not waited beyond.
func TestBlocksOfOneTurnAreOneDrain(t *testing.T) {
	for _, blocks := range []int{1, 5, gatherLimit - 1, gatherLimit} {
		store, err := wal.Open("store", wal.Options{FS: vfs.NewMem(), Sync: wal.SyncNever})
		if err != nil {
			t.Fatal(err)
		}
		watch := stage.NewWatch()
		s := sessionOn(shard.Config{Shards: 1, PartitionKey: store.PartitionKey(), Watch: watch}, store)
		l := s.loop
		_, key, _ := ed25519.GenerateKey(nil)
		for range blocks {
			s.client = clientOn(s.loop, s) // shards put off what comes of one connection alone
			s.gatherBlock(s.command(key, make([]byte, 24), smp.AppendSub(nil)))
		}
		if n, _ := drains(t, watch); n != 0 && blocks < gatherLimit {
			t.Errorf("%d drains before the loop turned", n)
		}
		if blocks < gatherLimit {
			l.handOverDeferred()
		}
		for answered := 0; answered < blocks; {
			g, ok := l.inbox.Get()
			if !ok {
				runtime.Gosched()
				continue
			}
			answered += len(g.Replies)
			g.Release()
		}
		if n, commands := drains(t, watch); n != 1 || commands != float64(blocks) {
			t.Errorf("%d blocks made %d drains of %v commands", blocks, n, commands)
		}
		l.stopInput()
		if err := l.router.shards.Close(); err != nil {
			t.Fatal(err)
		}
		store.Close()
	}
}

// A loop that has input without end lets others have its processor.
func TestLoopsYield(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	l := &loop{}
	for name, work := range map[string]func(){
		"blocks": func() {
			for range yieldAfter {
				l.work()
			}
		},
		"a hand-over": func() {
			l.blocks = 1
			l.handOver()
		},
	} {
		var ran atomic.Bool
		go ran.Store(true)
		for range 3 { // now and then Go's scheduler goes on with who yields
			work()
		}
		if !ran.Load() {
			t.Errorf("nobody else has run after %s", name)
		}
	}
}
