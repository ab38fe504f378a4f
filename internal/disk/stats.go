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

	Syncing time.Duration // since when a sync is under way that has not ended; 0: none is

	// Groups counts the syncs by how many transactions they made durable: bucket 0 counts those of none, bucket i
	// those of 2^(i-1) to 2^i - 1, the last one also those of more.
	Groups [GroupBuckets]uint64

	// Took counts the syncs by how long they took: bucket i counts those below SyncBound(i), and not below that of the bucket
	// before; the last one also those that took longer.
	Took [SyncBuckets]uint64
}

// SyncBuckets is the number of buckets of Stats.Took: from 64 µs to 8 s.
const SyncBuckets = 18

// SyncBound is the upper bound of a bucket of Stats.Took.
func SyncBound(bucket int) time.Duration { return 64 * time.Microsecond << bucket }

func syncBucket(d time.Duration) int {
	return min(bits.Len64(uint64(max(d, 0)/SyncBound(0))), SyncBuckets-1)
}

// logStats is written by whoever commits (commits) and by the one goroutine that syncs the log (the rest).
type logStats struct {
	commits  atomic.Uint64
	_        [56]byte // commits is written from every core
	covered  atomic.Uint64
	syncs    atomic.Uint64
	syncTime atomic.Int64
	began    atomic.Int64 // when the sync under way began, in nanoseconds since 1970; 0: none is
	groups   [GroupBuckets]atomic.Uint64
	took     [SyncBuckets]atomic.Uint64
}

// take notes that a sync starts now, and returns how many transactions it covers. A transaction is counted just before it
// goes into the log, so that one which gets there while the sync starts may be counted a group early; the sum is
// exact.
func (s *logStats) take(now time.Time) uint64 {
	s.began.Store(now.UnixNano())
	n := s.commits.Load()
	return n - s.covered.Swap(n)
}

func (s *logStats) synced(group uint64, d time.Duration) {
	s.began.Store(0)
	s.syncs.Add(1)
	s.syncTime.Add(int64(d))
	s.groups[min(bits.Len64(group), GroupBuckets-1)].Add(1)
	s.took[syncBucket(d)].Add(1)
}

// Stats returns the counts. Those of a sync under way are in part included.
func (d *DB) Stats() Stats {
	l := &d.stats
	st := Stats{
		Commits:  l.commits.Load(),
		Syncs:    l.syncs.Load(),
		SyncTime: time.Duration(l.syncTime.Load()),
	}
	if began := l.began.Load(); began != 0 {
		st.Syncing = max(0, time.Since(time.Unix(0, began)))
	}
	for i := range st.Groups {
		st.Groups[i] = l.groups[i].Load()
	}
	for i := range st.Took {
		st.Took[i] = l.took[i].Load()
	}
	return st
}
