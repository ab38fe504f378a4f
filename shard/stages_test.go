package shard

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"switchyard/box"
	"switchyard/internal/stage"
	"switchyard/smp"
)

// stagesSeen tells how often each stage was measured.
func stagesSeen(t *testing.T, w *stage.Watch) map[string]uint64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(w)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]uint64)
	for _, f := range families {
		for _, m := range f.Metric {
			name := f.GetName()
			for _, l := range m.Label {
				name = l.GetValue()
			}
			seen[name] = m.Histogram.GetSampleCount()
		}
	}
	return seen
}

// Of each drain every stage is measured once that it has: one of a queue that is in memory loads nothing, one that writes
// nothing commits nothing, and one without commands is no drain of commands.
func TestStagesOfDrains(t *testing.T) {
	store := newFakeStore()
	c := newTestCore(t, store)
	client := c.connect()
	q := c.newQueue(client, box.Ed25519)
	c.cfg.Watch = stage.NewWatch()
	run := func(text []byte, want map[string]uint64) {
		t.Helper()
		before := stagesSeen(t, c.cfg.Watch)
		if text == nil {
			c.runDrain()
		} else {
			c.runDrain(c.batch(client, q.key, q.recipient, text))
			client.take()
		}
		for name, n := range stagesSeen(t, c.cfg.Watch) {
			if n -= before[name]; n != want[name] {
				t.Errorf("%s: %s was measured %d times, not %d", text, name, n, want[name])
			}
		}
	}
	run(smp.AppendSub(nil), map[string]uint64{"verify": 1, "apply": 1, "switchyard_drain_commands": 1})
	run(smp.AppendOff(nil), map[string]uint64{"verify": 1, "apply": 1, "commit": 1, "switchyard_drain_commands": 1})
	run(nil, map[string]uint64{"verify": 1, "apply": 1})
	q.recipient = append([]byte(nil), q.recipient...)
	q.recipient[0]++ // no queue, so the store is asked
	run(smp.AppendSub(nil), map[string]uint64{"load": 1, "verify": 1, "apply": 1, "switchyard_drain_commands": 1})
}

// A batch waits in its ring, and what was written until it is stored.
func TestStagesThatWait(t *testing.T) {
	cfg := testConfig()
	cfg.Shards, cfg.Watch = 1, stage.NewWatch()
	r := newRouter(t, cfg)
	c := r.connect()
	q := c.newQueue(queueOptions{})
	before := stagesSeen(t, cfg.Watch)
	want(t, c.off(q), "OK")
	after := stagesSeen(t, cfg.Watch)
	if n := after["sync"] - before["sync"]; n != 1 {
		t.Errorf("%d commits were waited for", n)
	}
}
