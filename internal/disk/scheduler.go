package disk

import (
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/server/crash"
)

// scheduler decides when Pebble may compact tables: not before the store is open, as Pebble's own opening would wait
// for the end of a compaction, however long that takes, and not any more when the disk has failed. Otherwise it allows
// as many at a time as Pebble asks for. Pebble's own scheduler knows no such times, and wakes up ten times a second.
// It also tells the pressure how far compactions are behind.
//
// Its lock comes after those of Pebble: Pebble calls it with them held, so it calls nothing with its own held that
// takes them.
type scheduler struct {
	g        *guard
	pressure *pressure

	mu       sync.Mutex
	db       pebble.DBForCompaction
	above    func() int // tables that lie above each other
	begun    bool       // the store is open
	closed   bool
	running  int
	granting bool // one goroutine at a time offers compactions to Pebble
	changed  bool // it has to look again
	due      bool // Pebble may have a compaction that was not offered a place
	granted  sync.Cond
}

var _ pebble.CompactionScheduler = (*scheduler)(nil)

func newScheduler(g *guard, p *pressure) *scheduler {
	s := &scheduler{g: g, pressure: p}
	s.granted.L = &s.mu
	return s
}

// begin allows compactions.
func (s *scheduler) begin(above func() int) {
	s.mu.Lock()
	s.begun, s.above = true, above
	s.mu.Unlock()
	s.grant()
}

// resume lets compactions try again for which there was no space.
func (s *scheduler) resume() {
	s.g.paused.Store(false)
	s.mu.Lock()
	due := s.due
	s.mu.Unlock()
	if due {
		s.grant()
	}
}

// allowed tells whether compactions may run. s.mu is held.
func (s *scheduler) allowed() bool {
	return s.begun && !s.closed && s.g.err() == nil && !s.g.paused.Load() && !s.g.space.at(dire)
}

// free tells whether one more may run. s.mu is held.
func (s *scheduler) free() bool {
	if !s.allowed() {
		return false
	}
	if s.g.space.at(tight) {
		return s.running == 0
	}
	return s.running < s.db.GetAllowedWithoutPermission()
}

// grant offers compactions to Pebble, which has one waiting since TrySchedule refused it, or none. Pebble does not ask
// again for one that waits: what cannot be offered now stays due.
func (s *scheduler) grant() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due, s.changed = true, true
	if s.granting {
		return
	}
	s.granting = true
	for s.changed {
		s.changed = false
		for s.due && s.free() {
			s.due = false
			s.running++
			s.mu.Unlock()
			waits, _ := s.db.GetWaitingCompaction()
			taken := waits && s.db.Schedule(s)
			s.mu.Lock()
			if taken {
				s.due = true // there may be another
			} else {
				s.running--
			}
		}
		s.measure()
	}
	s.granting = false
	s.granted.Broadcast()
}

// measure has commits wait if compactions are far behind; not for such as may not run. s.mu is held, but let go
// meanwhile.
func (s *scheduler) measure() {
	high := false
	if s.allowed() {
		s.mu.Unlock()
		high = s.above() >= stopAfter
		s.mu.Lock()
	}
	s.pressure.set(high)
}

// Register implements pebble.CompactionScheduler.
func (s *scheduler) Register(_ int, db pebble.DBForCompaction) {
	s.mu.Lock()
	s.db = db
	s.mu.Unlock()
}

// Unregister implements pebble.CompactionScheduler: no call to Pebble is under way when it returns.
func (s *scheduler) Unregister() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for s.granting {
		s.granted.Wait()
	}
}

// TrySchedule implements pebble.CompactionScheduler.
func (s *scheduler) TrySchedule() (bool, pebble.CompactionGrantHandle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.free() {
		s.due = true // grant may have a place in hand, and Pebble's answer that nothing waits
		return false, nil
	}
	s.running++
	return true, s
}

// UpdateGetAllowedWithoutPermission implements pebble.CompactionScheduler: a table in memory was written to disk. Pebble
// holds its locks.
func (s *scheduler) UpdateGetAllowedWithoutPermission() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.allowed() {
		go func() {
			defer crash.Report()
			s.grant()
		}()
	}
}

// Done implements pebble.CompactionGrantHandle: a compaction has ended.
func (s *scheduler) Done() {
	s.mu.Lock()
	s.running--
	s.mu.Unlock()
	s.grant()
}

// The rest of pebble.CompactionGrantHandle, for schedulers that measure.

func (*scheduler) Started()                                          {}
func (*scheduler) MeasureCPU(pebble.CompactionGoroutineKind)         {}
func (*scheduler) CumulativeStats(pebble.CompactionGrantHandleStats) {}
