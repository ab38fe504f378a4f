package wal

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"switchyard/shard"
)

// gate is a file system whose log is synced when the test lets it, once the gate is shut.
type gate struct {
	vfs.FS
	shut    chan struct{} // closed when syncs wait
	started chan struct{} // gets a value from each sync that waits
	open    chan struct{} // gives each of them a value
}

func newGate() *gate {
	g := &gate{shut: make(chan struct{}), started: make(chan struct{}), open: make(chan struct{})}
	g.FS = errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		synced := op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData
		if !synced || !strings.HasSuffix(op.Path, ".log") {
			return nil
		}
		select {
		case <-g.shut:
			g.started <- struct{}{}
			<-g.open
		default:
		}
		return nil
	}))
	return g
}

// free lets the next n syncs pass, in the background.
func (g *gate) free(n int) {
	go func() {
		for range n {
			<-g.started
			g.open <- struct{}{}
		}
	}()
}

func message(s *Store, seq uint64) shard.Tx {
	tx := s.Begin(0)
	tx.PutMessage(&someQueue, &shard.MessageHeader{Seq: seq}, []byte("body"))
	return tx
}

// TestGroupCommit holds back the sync of the first commit until nine others are made: they share the next one.
func TestGroupCommit(t *testing.T) {
	g := newGate()
	s := openStore(t, "store", Options{FS: g})
	before := s.Stats()
	close(g.shut)
	waited := make(chan error, 10)
	submit := func(seq uint64) {
		c, err := message(s, seq).Commit()
		if err != nil {
			t.Fatal(err)
		}
		go func() { waited <- c.Wait() }()
	}
	submit(0)
	<-g.started
	for seq := range uint64(9) {
		submit(1 + seq)
		if _, err := s.Header(&someQueue, 1+seq); err != nil {
			t.Errorf("a commit is not visible before it is durable: %v", err)
		}
	}
	if len(waited) != 0 {
		t.Error("a commit was waited for before it was synced")
	}
	g.open <- struct{}{}
	g.free(1)
	for range 10 {
		if err := <-waited; err != nil {
			t.Error(err)
		}
	}
	after := s.Stats()
	if n := after.Syncs - before.Syncs; n != 2 {
		t.Errorf("10 commits took %d syncs, want 2", n)
	}
	if after.Commits-before.Commits != 10 || after.Groups[1]-before.Groups[1] != 1 || after.Groups[4]-before.Groups[4] != 1 {
		t.Errorf("counted %+v before and %+v after", before, after)
	}
	g.free(100) // Close
}

// TestEachCommitIsSynced waits for each commit before the next: none rides on the sync of another.
func TestEachCommitIsSynced(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem()})
	before := s.Stats().Syncs
	for seq := range uint64(20) {
		commit(t, message(s, seq))
	}
	if n := s.Stats().Syncs - before; n != 20 {
		t.Errorf("20 commits took %d syncs", n)
	}
}

// TestInterval ticks by hand.
func TestInterval(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem(), Sync: SyncInterval, ticks: make(chan time.Time)})
	start := s.Stats().Syncs
	want := func(when string, n uint64) {
		t.Helper()
		if got := s.Stats().Syncs - start; got != n {
			t.Errorf("%s: %d syncs, want %d", when, got, n)
		}
	}
	s.syncLog()
	want("without writes", 0)
	commit(t, message(s, 0))
	commit(t, message(s, 1))
	want("before the tick", 0)
	s.syncLog()
	want("after the tick", 1)
	s.syncLog()
	want("without further writes", 1)
	commit(t, message(s, 2))
	s.syncLog()
	want("after another write", 2)
}

// TestOverdue holds back the sync of a commit that should have been durable for long: the commits that follow wait, so
// that no more is answered that a crash would take. When it is over, nothing is waited for again.
func TestOverdue(t *testing.T) {
	for _, interval := range []time.Duration{1, time.Hour} {
		g := newGate()
		s := openStore(t, "store", Options{FS: g, Sync: SyncInterval, Interval: interval, ticks: make(chan time.Time)})
		close(g.shut)
		waits := func(seq uint64) bool {
			t.Helper()
			c, err := message(s, seq).Commit()
			if err != nil {
				t.Fatal(err)
			}
			if _, now := c.(done); now {
				return false
			}
			waited := make(chan error, 1)
			go func() { waited <- c.Wait() }()
			<-g.started
			if len(waited) > 0 {
				t.Error("an overdue commit did not wait for its sync")
			}
			g.open <- struct{}{}
			if err := <-waited; err != nil {
				t.Error(err)
			}
			return true
		}
		tick := func() {
			g.free(1)
			s.syncLog()
		}
		if waits(0) {
			t.Error("the first commit after a sync waited")
		}
		if got := waits(1); got != (interval == 1) {
			t.Errorf("interval %v: the second one waited: %v", interval, got)
		}
		tick()
		if waits(2) {
			t.Error("a commit waited after the sync that was overdue")
		}
		synced := make(chan struct{})
		go func() {
			s.syncLog()
			close(synced)
		}()
		<-g.started // the sync is under way: what it covers counts
		c, err := message(s, 3).Commit()
		if err != nil {
			t.Fatal(err)
		}
		_, now := c.(done)
		if now != (interval != 1) {
			t.Errorf("interval %v: a commit was answered at once during the sync: %v", interval, now)
		}
		g.free(100)
		g.open <- struct{}{}
		<-synced
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// TestCommitMeetsSync has a commit and a sync take note of each other at the same moment, often: whichever comes first, the
// commit is not durable before the sync ends, or the next, and is known not to be.
func TestCommitMeetsSync(t *testing.T) {
	const rounds = 20_000
	all := make([]struct {
		u           unsynced
		there, done atomic.Int32
	}, rounds)
	meet := func(there *atomic.Int32) {
		there.Add(1)
		for n := 0; there.Load() < 2; n++ {
			if n%10_000 == 9_999 {
				runtime.Gosched()
			}
		}
	}
	go func() {
		for i := range all {
			r := &all[i]
			meet(&r.there)
			for range i % 16 { // comes a little later, or not
				r.done.Load()
			}
			r.u.add(7)
			r.done.Add(1)
		}
	}()
	first := 0
	for i := range all {
		r := &all[i]
		meet(&r.there)
		if r.u.begin() {
			first++
		}
		for r.done.Load() == 0 {
			runtime.Gosched()
		}
		if !r.u.overdue(100, 1) {
			t.Fatalf("round %d: nothing is said to wait for a sync", i)
		}
	}
	t.Logf("the commit came first %d times of %d", first, rounds)
}

// TestTicker checks that the store ticks by itself, and with the clock it is given.
func TestTicker(t *testing.T) {
	ticks := make(chan time.Time, 1)
	ticks <- time.Time{}
	for _, o := range []Options{{Interval: time.Millisecond}, {ticks: ticks}} {
		g := newGate()
		o.FS, o.Sync = g, SyncInterval
		s := openStore(t, "store", o)
		close(g.shut)
		commit(t, message(s, 0))
		if o.ticks != nil {
			ticks <- time.Time{} // behind the one that came before the commit
		}
		<-g.started // nobody but the ticker asks for this sync
		g.open <- struct{}{}
		g.free(100)
	}
}

func TestNever(t *testing.T) {
	s := openStore(t, "store", Options{FS: vfs.NewMem(), Sync: SyncNever})
	before := s.Stats().Syncs
	for seq := range uint64(20) {
		commit(t, message(s, seq))
	}
	if n := s.Stats().Syncs - before; n != 0 {
		t.Errorf("%d syncs", n)
	}
}
