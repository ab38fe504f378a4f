package wal

import (
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/internal/crash"
)

// instance is the store as one opening of its directory found it. There is one at a time that counts; after a failure
// of the disk the next one takes its place (keep.go), and whoever is still reading from the old one ends that undisturbed:
//
//	open ─▶ current ── the disk fails ─▶ frozen, reads go on ── the disk works ─▶ retired ── last user ─▶ closed
type instance struct {
	// Immutable.
	epoch       uint64
	guard       *guard
	db          *pebble.DB
	compactions *scheduler
	pressure    *pressure
	closed      func() // called when a retired one is closed

	users atomic.Int64 // reads and transactions under way, and one while it is not retired
}

// enter returns the current instance, which stays open until leave.
func (s *Store) enter() *instance {
	for {
		in := s.current.Load()
		for n := in.users.Load(); n > 0; n = in.users.Load() {
			if in.users.CompareAndSwap(n, n+1) {
				return in
			}
		}
	}
}

func (in *instance) leave() {
	if in.users.Add(-1) == 0 {
		go func() { // as it takes a while, and the last user may be a shard
			defer crash.Report()
			_ = in.close() // it has failed, and its errors are known
			in.closed()
		}()
	}
}

// begin allows compactions.
func (in *instance) begin() {
	in.compactions.begin(in.above)
}

// above is how many tables lie above each other that were not compacted yet.
func (in *instance) above() int { return int(in.db.Metrics().Levels[0].Sublevels) }

func (in *instance) close() error {
	err := in.db.Close()
	in.guard.tails.close()
	return err
}
