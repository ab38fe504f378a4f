package disk

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// GroupBuckets is the number of buckets of Stats.Groups.
const GroupBuckets = 13

// Stats counts the work of the write-ahead log since the database was opened.
type Stats struct {
	Commits  uint64        // transactions that were not empty
	Syncs    uint64        // of the log
	SyncTime time.Duration // spent in them

	// Groups counts the syncs by how many transactions they made durable: bucket 0 counts those of none, bucket i
	// those of 2^(i-1) to 2^i - 1, the last one also those of more.
	Groups [GroupBuckets]uint64
}

// logStats is written by whoever commits (commits) and by the one goroutine that syncs the log (the rest).
type logStats struct {
	commits  atomic.Uint64
	_        [56]byte // commits is written from every core
	covered  atomic.Uint64
	syncs    atomic.Uint64
	syncTime atomic.Int64
	groups   [GroupBuckets]atomic.Uint64
}

// take returns how many transactions the sync that now starts covers. A transaction is counted just before it
// goes into the log, so that one which gets there while the sync starts may be counted a group early; the sum is
// exact.
func (s *logStats) take() uint64 {
	n := s.commits.Load()
	return n - s.covered.Swap(n)
}

func (s *logStats) synced(group uint64, d time.Duration) {
	s.syncs.Add(1)
	s.syncTime.Add(int64(d))
	s.groups[min(bits.Len64(group), GroupBuckets-1)].Add(1)
}

// Stats returns the counts. Those of a sync under way are in part included.
func (d *DB) Stats() Stats {
	l := &d.stats
	st := Stats{
		Commits:  l.commits.Load(),
		Syncs:    l.syncs.Load(),
		SyncTime: time.Duration(l.syncTime.Load()),
	}
	for i := range st.Groups {
		st.Groups[i] = l.groups[i].Load()
	}
	return st
}
