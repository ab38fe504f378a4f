package wal

import (
	"time"

	"switchyard/internal/crash"
)

// keeper is the goroutine that looks after the disk: at its free space, and, after a failure, whether it works again.
// Then the directory is opened once more, which is what a restart of the router would do, but without one: what was
// acknowledged is there, what was not may be, and shards read again what they are not sure of (Epoch).
type keeper struct {
	quit chan struct{}
	done chan struct{}

	// Of its goroutine.
	pause, left int    // looks between two attempts to open, and until the next one
	told        string // what the last one failed by
	written     uint64 // commits when the table in memory was last written for the sake of deletions
}

// keepEvery is how often the keeper looks. A failing disk is tried ever more seldom, up to every maxPause looks.
const (
	keepEvery = time.Second
	maxPause  = 60
)

func (s *Store) startKeeper(o Options) {
	s.keeper = keeper{quit: make(chan struct{}), done: make(chan struct{}), pause: 1}
	looks, stop := o.looks, func() {}
	if looks == nil {
		t := time.NewTicker(keepEvery)
		looks, stop = t.C, t.Stop
	}
	go func() {
		defer crash.Report()
		defer close(s.keeper.done)
		defer stop()
		for {
			select {
			case <-looks:
				s.look()
			case <-s.keeper.quit:
				return
			}
		}
	}()
}

func (k *keeper) stop() {
	close(k.quit)
	<-k.done
}

// look is what the keeper does every time.
func (s *Store) look() {
	s.space.look()
	k, in := &s.keeper, s.now()
	if in.guard.err() == nil {
		k.pause, k.left = max(1, k.pause-1), 0
		in.compactions.resume()
		s.writeDeletions(in)
		return
	}
	if k.left--; k.left > 0 || s.space.at(short) || !in.guard.idle() {
		return
	}
	if err := s.reopen(in); err != nil {
		k.pause = min(2*k.pause, maxPause)
		k.left = k.pause
		if k.told != err.Error() {
			k.told = err.Error()
			s.log.Error("store: the disk does not work yet: " + k.told)
		}
		return
	}
	k.told = ""
	k.pause = min(2*k.pause, maxPause) // if it soon fails again, the next attempt comes later
	s.log.Info("store: the disk works again, the store takes writes")
}

// writeDeletions writes the table in memory to disk while space is short. Only there do deletions meet what they delete,
// when tables are compacted, and of a store that takes no messages the table would not fill for long. It waits for
// compactions to follow, as writes would wait for them in the end.
func (s *Store) writeDeletions(in *instance) {
	commits := s.stats.commits.Load()
	if !s.space.at(short) || s.space.at(out) || commits == s.keeper.written ||
		in.above() >= compactAfter {
		return
	}
	s.keeper.written = commits
	if _, err := in.db.AsyncFlush(); err != nil { // a disk that fails is seen by the guard
		s.log.Error("store: " + firstLine(err.Error()))
	}
}

// reopen puts a new instance in the place of a failed one, which no longer touches the disk.
func (s *Store) reopen(failed *instance) error {
	if err := rewriteManifests(s.options.FS, s.dir); err != nil {
		return writeFault(err, s.dir)
	}
	in, err := s.openInstance(failed.epoch + 1)
	if err != nil {
		return err
	}
	s.retired.Add(1)
	s.current.Store(in)
	failed.leave()
	in.begin()
	return nil
}
