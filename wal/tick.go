package wal

import (
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/internal/disk"
	"switchyard/server/crash"
)

// ticker is the goroutine of SyncInterval. Its zero value is that of the other modes.
type ticker struct {
	quit chan struct{}
	done chan struct{}
}

func (s *Store) startTicker(o Options) {
	s.ticker = ticker{quit: make(chan struct{}), done: make(chan struct{})}
	ticks, stop := o.ticks, func() {}
	if ticks == nil {
		t := time.NewTicker(max(o.Interval/2, 1)) // half of it is left for the sync itself
		ticks, stop = t.C, t.Stop
	}
	go func() {
		defer crash.Report()
		defer close(s.ticker.done)
		defer stop()
		for {
			select {
			case <-ticks:
				s.syncLog()
			case <-s.ticker.quit:
				return
			}
		}
	}()
}

func (t *ticker) stop() {
	if t.quit != nil {
		close(t.quit)
		<-t.done
		t.quit = nil // a second Close says that it is one
	}
}

// unsynced tells how old the oldest commit is that SyncInterval has not made durable, in nanoseconds of the store's clock;
// 0 stands for none.
type unsynced struct {
	opened  time.Time
	waiting atomic.Int64 // of those that the next sync covers; commits set it when it is 0, and the ticker clears it
	syncing atomic.Int64 // of those that the sync under way covers; the ticker's
}

func (u *unsynced) now() int64 { return int64(time.Since(u.opened)) + 1 }

// overdue reports that something was committed an interval ago and is not durable.
func (u *unsynced) overdue(now int64, interval time.Duration) bool {
	for _, since := range [...]int64{u.syncing.Load(), u.waiting.Load()} {
		if since != 0 && now-since >= int64(interval) {
			return true
		}
	}
	return false
}

// add takes note of a commit after it was made.
func (u *unsynced) add(now int64) {
	if u.waiting.Load() == 0 {
		u.waiting.CompareAndSwap(0, now)
	}
}

// begin takes note of a sync, and reports whether there is anything for it to do. What is not zero nobody else changes; what
// is added right after it was zero is for the next sync.
func (u *unsynced) begin() bool {
	since := u.waiting.Load()
	if since == 0 {
		return false
	}
	u.syncing.Store(since) // first, so that at no moment it is in neither
	u.waiting.Store(0)
	return true
}

func (u *unsynced) end() { u.syncing.Store(0) }

// syncLog makes everything durable that was committed before, if anything was since the last time. A failure stops
// the store, which the guard has told about by then.
func (s *Store) syncLog() {
	in := s.enter()
	defer in.Leave()
	defer s.unsynced.end()
	if !s.unsynced.begin() || in.Err() != nil {
		return
	}
	// A record without content: the log is written in order, so its sync is that of all before it.
	if err := in.DB.LogData(nil, pebble.Sync); err != nil {
		s.log.Error("store: syncing the log failed", "cause", disk.FirstLine(err.Error()))
	}
}

// Sync makes everything durable that was committed before, whatever the mode.
func (s *Store) Sync() error {
	in := s.enter()
	defer in.Leave()
	if err := in.Err(); err != nil {
		return err
	}
	return in.DB.LogData(nil, pebble.Sync)
}
