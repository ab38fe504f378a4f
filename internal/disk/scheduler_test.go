package disk

import (
	"context"
	"log/slog"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// fakeDB is Pebble as the scheduler sees it: some compactions wait, some may run at a time.
type fakeDB struct {
	mu               sync.Mutex
	allowed, waiting int
	started          int
	asked            func() // is called once after the next question whether one waits
}

func (f *fakeDB) GetAllowedWithoutPermission() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.allowed
}

func (f *fakeDB) GetWaitingCompaction() (bool, pebble.WaitingCompaction) {
	f.mu.Lock()
	waits, asked := f.waiting > 0, f.asked
	f.asked = nil
	f.mu.Unlock()
	if asked != nil {
		asked()
	}
	return waits, pebble.WaitingCompaction{}
}

// wait adds a compaction that waits.
func (f *fakeDB) wait() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting++
}

func (f *fakeDB) Schedule(pebble.CompactionGrantHandle) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waiting == 0 {
		return false
	}
	f.waiting--
	f.started++
	return true
}

func (f *fakeDB) want(t *testing.T, when string, started int) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.started != started {
		t.Errorf("%s: %d compactions, want %d", when, f.started, started)
	}
}

func newTestScheduler(g *guard) *scheduler {
	return newScheduler(g, newPressure(g, slog.New(slog.DiscardHandler)))
}

func TestScheduler(t *testing.T) {
	g := newTestGuard(vfs.NewMem(), func(*Error) {})
	s := newTestScheduler(g)
	db := &fakeDB{allowed: 2, waiting: 5}
	s.Register(2, db)
	if ok, _ := s.TrySchedule(); ok {
		t.Error("a compaction before the store is open")
	}
	s.UpdateGetAllowedWithoutPermission()
	db.want(t, "before the store is open", 0)
	s.begin(func() int { return 0 })
	db.want(t, "when it is open", 2)
	if ok, _ := s.TrySchedule(); ok {
		t.Error("a third compaction of two")
	}
	s.Done()
	db.want(t, "after the first", 3)
	db.mu.Lock()
	db.waiting = 0
	db.mu.Unlock()
	s.Done()
	if ok, h := s.TrySchedule(); !ok || h == nil {
		t.Error("no second compaction of two")
	}
	s.Done()
	g.fail(syscall.EIO, "file")
	if ok, _ := s.TrySchedule(); ok {
		t.Error("a compaction after the disk has failed")
	}
	db.wait()
	s.Done()
	s.Unregister()
	s.grant()
	db.want(t, "after the disk has failed", 3)
}

// TestRefusedWhileOffering has Pebble want a compaction just after it has said that none waits. The offer holds the only
// place then, so it is refused; nobody would ask again, and a compaction by hand would wait for ever.
func TestRefusedWhileOffering(t *testing.T) {
	s := newTestScheduler(newTestGuard(vfs.NewMem(), func(*Error) {}))
	db := &fakeDB{allowed: 1}
	s.Register(1, db)
	s.begin(func() int { return 0 })
	db.asked = func() {
		if ok, _ := s.TrySchedule(); ok {
			t.Error("two compactions of one")
		}
		db.wait()
	}
	s.grant()
	db.want(t, "after it was refused", 1)
}

// TestSpaceAtOnce has a compaction wait for space, which is all there at the next look.
func TestSpaceAtOnce(t *testing.T) {
	g := newTestGuard(vfs.NewMem(), func(*Error) {})
	s := newTestScheduler(g)
	db := &fakeDB{allowed: 1, waiting: 2}
	s.Register(1, db)
	s.begin(func() int { return 0 })
	g.space.level.Store(out)
	s.Done() // of the first; the second is not begun
	db.want(t, "without space", 1)
	g.space.level.Store(ample)
	s.resume()
	db.want(t, "with space again", 2)
}

// TestCompaction compacts by hand, which goes through the scheduler, too.
func TestCompaction(t *testing.T) {
	d := open(t, "store", Options{FS: vfs.NewMem()})
	for i := range uint64(6) {
		for n := range uint64(20) {
			if err := put(d, i+n, number(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := flush(d); err != nil {
			t.Fatal(err)
		}
	}
	in := d.Enter()
	defer in.Leave()
	if err := in.DB.Compact(context.Background(), []byte{0}, []byte{0xFF}, true); err != nil {
		t.Fatal(err)
	}
	if n := in.DB.Metrics().Levels[0].TablesCount; n != 0 {
		t.Errorf("%d tables are not compacted", n)
	}
	if !has(t, d, 0) || !has(t, d, 24) || has(t, d, 25) {
		t.Error("other numbers are there")
	}
}
