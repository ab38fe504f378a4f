package router

import (
	"sync"
	"sync/atomic"
	"time"

	"switchyard/xftp/packets"
)

// Stats counts what the router does. The counters are those of the reference's daily statistics.
type Stats struct {
	Created, Recipients, Uploaded, Deleted, Expired, Blocked, Downloads, Acks atomic.Int64

	mu               sync.Mutex
	since            time.Time
	day, week, month map[int64]struct{} // packets that were downloaded in the period, by a hash of their sender ID
}

func (s *Stats) begin(now time.Time) {
	s.since = now.UTC()
	s.day, s.week, s.month = make(map[int64]struct{}), make(map[int64]struct{}), make(map[int64]struct{})
}

// download counts a download of a packet.
func (s *Stats) download(sender packets.ID) {
	s.Downloads.Add(1)
	h := hashOf(sender)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.day[h], s.week[h], s.month[h] = struct{}{}, struct{}{}, struct{}{}
}

// hashOf keeps a random ID's first half: enough to tell packets apart, not enough to download one.
func hashOf(sender packets.ID) (h int64) {
	for _, b := range sender[:8] {
		h = h<<8 | int64(b)
	}
	return h
}
