package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/engine/counts"
	"switchyard/smp/client"
	"switchyard/wal"
)

// kept is the backup that the statistics in the store of a router that has ended make, with a line of levels.
func (p *process) kept() string {
	p.t.Helper()
	store, err := wal.Open(filepath.Join(p.dir, "var", "store"), wal.Options{})
	check(p.t, err)
	defer store.Close()
	kept, err := store.Statistics()
	check(p.t, err)
	c := counts.New(func(*counts.Live) {}, time.Now(), "", "")
	exact, err := c.Resume(kept)
	check(p.t, err)
	lines := c.StatsLines(time.Now(), true)
	return fmt.Sprintf("exact: %v\n%s%s", exact, lines, c.Backup(time.Now()))
}

func wantLines(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line+"\n") {
			t.Errorf("no %q in\n%s", line, text)
		}
	}
}

// TestStatisticsGoOn: after a stop all numbers go on; after kill -9 those of how much is stored are counted, and are right.
func TestStatisticsGoOn(t *testing.T) {
	p := newProcess(t)
	ctx := testContext(t)
	p.start()
	c := p.dial()
	q, err := c.NewQueue(ctx, client.QueueParams{})
	check(t, err)
	for n := range 3 {
		check(t, c.Send(ctx, q.Sender(nil), n == 0, []byte("hello")))
	}
	m, err := c.Get(ctx, q)
	check(t, err)
	_, err = c.Ack(ctx, q, m.ID)
	check(t, err)
	p.stop()
	wantLines(t, p.kept(), "exact: true", "qCreated: 1", "msgSent: 3", "msgRecv: 1", "msgRecvGet: 1", "msgSentNtf: 1", "msgRecvNtf: 1", "qCount: 1",
		"msgCount: 2", "daily active queues: 1", "qCreated=1")

	p.start()
	c = p.dial()
	check(t, c.Send(ctx, q.Sender(nil), false, []byte("lost with the statistics")))
	_, err = c.NewQueue(ctx, client.QueueParams{})
	check(t, err)
	check(t, p.cmd.Process.Kill())
	_ = p.cmd.Wait()
	wantLines(t, p.kept(), "exact: false", "qCreated: 1", "msgSent: 3")

	p.start()
	check(t, p.dial().Send(ctx, q.Sender(nil), false, []byte("counted")))
	until(t, func() bool { return strings.Contains(p.log(), "counted what the store holds") })
	p.stop()
	wantLines(t, p.kept(), "exact: true", "qCreated: 1", "msgSent: 4", "qCount: 2", "msgCount: 4", "daily active queues: 1")
}

// TestMetricsFile: the file for Prometheus is there when it is asked for, as a whole.
func TestMetricsFile(t *testing.T) {
	p := newProcess(t, "# prometheus_interval = 60", "prometheus_interval = 1")
	p.start()
	name := filepath.Join(p.dir, "var", "smp-server-metrics.txt")
	until(t, func() bool { _, err := os.Stat(name); return err == nil })
	text, err := os.ReadFile(name)
	check(t, err)
	if !strings.Contains(string(text), "\nsimplex_smp_queues_created 0 ") || !strings.HasSuffix(string(text), "loadedCounts.notifierLockCount\n\n") {
		t.Error(string(text))
	}
	p.stop()
}

// until waits for what the router does by itself.
func until(t *testing.T, done func() bool) {
	t.Helper()
	ctx := testContext(t)
	for look := time.NewTicker(10 * time.Millisecond); !done(); {
		select {
		case <-look.C:
		case <-ctx.Done():
			t.Fatal("it does not happen")
		}
	}
}
