package tally

import (
	"sync"
	"time"

	"switchyard/server/statistics"
)

// Shard is what a shard has counted since its start.
type Shard struct {
	mu     sync.Mutex
	counts [Counters]int64
	used   statistics.Distinct // since the last reading
	notify statistics.Distinct
	times  Times

	// Of Publish.
	figures   Figures
	waiting   waiting
	second    int64
	published time.Time
}

// Record adds what a drain has counted, now that its commit is done.
func (s *Shard) Record(d *Drain) {
	if d.Empty() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, n := range &d.counts {
		s.counts[i] += int64(n)
	}
	for _, hash := range d.used {
		s.used.Add(hash)
	}
	for _, hash := range d.usedNotify {
		s.notify.Add(hash)
	}
	for _, seconds := range d.waits {
		s.times.Add(seconds)
	}
}

// Reading is what all shards have counted.
type Reading struct {
	Counts  [Counters]int64
	Figures Figures
	Times   Times
	Waiting Periods // how long deliveries wait for their ACK
	Oldest  int64   // the longest of these times

	Services, NotifierServices   int64 // that were made since the start
	Subscribed, SubscribedQueues int64 // services that are subscribed, and their queues
	NotifierSubscribed           int64
	NotifierSubscribedQueues     int64
	Used, UsedNotify             *statistics.Distinct // where the queues in use since the last reading go
	Failed                       bool                 // a commit has failed, so that levels may be off
}

// Read adds what the shard has counted, and takes its queues in use.
func (s *Shard) Read(r *Reading, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, n := range &s.counts {
		r.Counts[i] += n
	}
	r.Times.Join(&s.times)
	r.Figures.join(&s.figures)
	passed := max(0, now.Sub(s.published))
	s.waiting.read(s.second+int64(passed/time.Second), &r.Waiting, &r.Oldest)
	r.Used.Merge(&s.used)
	r.UsedNotify.Merge(&s.notify)
	s.used.Reset()
	s.notify.Reset()
}
