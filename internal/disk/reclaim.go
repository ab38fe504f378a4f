package disk

import (
	"sync"
	"sync/atomic"

	"switchyard/server/crash"
)

// reclaim has deletions meet what they delete while space is short. Pebble by itself compacts tables when there are many, and
// a few deletions wait above all that they delete until others come; but who waits for space writes nothing. So all tables
// are compacted that deletions lie in or above, piece by piece, each of which gives its space back when it is done.
//
// In a large database that is much to write. It is followed by a rest of several times as long.
type reclaim struct {
	running atomic.Bool
	work    sync.WaitGroup

	// Of the keeper's goroutine.
	took    int    // looks that the one under way, or the last one, took
	rest    int    // looks until the next one may begin
	begun   bool   // there was one
	commits uint64 // when the last one began
}

const reclaimRest = 4

func (d *DB) reclaim(in *Instance) {
	r := &d.keeper.reclaim
	if r.running.Load() {
		r.took++
		return
	}
	r.rest, r.took = r.rest+reclaimRest*r.took, 0
	if r.rest > 0 {
		r.rest--
		return
	}
	commits := d.stats.commits.Load()
	if !d.space.at(short) || d.space.at(dire) || r.begun && r.commits == commits {
		return
	}
	r.begun, r.commits, r.took = true, commits, 1
	r.running.Store(true)
	in.users.Add(1) // the keeper has made it the current one, so there are users
	r.work.Go(func() {
		defer crash.Report()
		defer in.Leave()
		defer r.running.Store(false)
		// Where it fails, for want of space or as the disk does, later commits bring another one.
		_ = in.DB.Compact(in.ctx, []byte{}, lastKey, true)
	})
}

// lastKey is behind the keys of all owners.
var lastKey = []byte{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}
