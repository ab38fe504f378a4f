package wal

import (
	"time"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/internal/crash"
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
		t := time.NewTicker(o.Interval)
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
	}
}

// syncLog makes everything durable that was committed before, if anything was since the last time. A failure stops
// the store, which the guard has told about by then.
func (s *Store) syncLog() {
	in := s.enter()
	defer in.leave()
	if !s.dirty.Swap(false) || in.guard.err() != nil {
		return
	}
	// A record without content: the log is written in order, so its sync is that of all before it.
	if err := in.db.LogData(nil, pebble.Sync); err != nil {
		s.log.Error("store: syncing the log failed", "cause", firstLine(err.Error()))
	}
}
