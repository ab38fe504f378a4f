package tally

import "time"

// Present is what a shard has now, whatever becomes of commits.
type Present struct {
	Figures
	ended     []int64 // deliveries that have come to their end, by their times
	delivered int32   // in the drain at hand
}

// Figures are numbers of one shard. Those of connections are sums over shards only: the one that sees a connection's first
// counts up, and the one that sees the last goes counts down.
type Figures struct {
	Subs, NotifierSubs            int64 // subscribed queues
	Clients, NotifierClients      int64 // connections with some
	Waiting, WaitingClients       int64 // deliveries without an ACK, and connections with some
	LoadedQueues, LoadedNotifiers int64 // in memory
}

func (f *Figures) join(other *Figures) {
	f.Subs += other.Subs
	f.NotifierSubs += other.NotifierSubs
	f.Clients += other.Clients
	f.NotifierClients += other.NotifierClients
	f.Waiting += other.Waiting
	f.WaitingClients += other.WaitingClients
	f.LoadedQueues += other.LoadedQueues
	f.LoadedNotifiers += other.LoadedNotifiers
}

// Deliver notes that a delivery waits for its ACK from now on; it is the first of its connection, or not.
func (p *Present) Deliver(first bool) {
	p.delivered++
	p.Waiting++
	if first {
		p.WaitingClients++
	}
}

// End notes that a delivery of a time, in seconds of the shard's steady clock, waits no longer; it was the last of its
// connection, or not.
func (p *Present) End(at int64, last bool) {
	p.ended = append(p.ended, at)
	p.Waiting--
	if last {
		p.WaitingClients--
	}
}

// waiting is how many deliveries of each second wait for their ACK.
type waiting struct {
	now    int64 // the last second that is known
	recent [recently]int32
	older  map[int64]int32 // by second, of those before
}

// recently is for how many seconds there is a place in an array.
const recently = 3600

// advance goes on to a second.
func (w *waiting) advance(now int64) {
	if w.now == 0 || now-w.now > recently {
		for i := range int64(recently) {
			w.age(w.now - i)
		}
	} else {
		for second := w.now + 1; second <= now; second++ {
			w.age(second - recently)
		}
	}
	w.now = max(w.now, now)
}

// age makes a second one of before.
func (w *waiting) age(second int64) {
	if second < 0 {
		return
	}
	n := &w.recent[second%recently]
	if *n == 0 {
		return
	}
	if w.older == nil {
		w.older = make(map[int64]int32)
	}
	w.older[second] += *n
	*n = 0
}

func (w *waiting) end(at int64) {
	if w.now-at < recently {
		w.recent[at%recently]--
		return
	}
	if n := w.older[at] - 1; n > 0 {
		w.older[at] = n
	} else {
		delete(w.older, at)
	}
}

// read sums up how long deliveries have waited at a second.
func (w *waiting) read(now int64, p *Periods, oldest *int64) {
	add := func(second int64, n int32) {
		if n <= 0 {
			return
		}
		waited := max(0, now-second)
		*oldest = max(*oldest, waited)
		if i := bucketOf(waited); i < buckets {
			p.add(Bound(i), int64(n))
		} else {
			p[len(p)-1] += int64(n)
		}
	}
	for i := range int64(recently) {
		if second := w.now - i; second >= 0 {
			add(second, w.recent[second%recently])
		}
	}
	for second, n := range w.older {
		add(second, n)
	}
}

// Publish tells the shard's tally what there is at a second of its steady clock; now is the same moment.
func (s *Shard) Publish(p *Present, second int64, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.figures = p.Figures
	s.second, s.published = second, now
	s.waiting.advance(second)
	s.waiting.recent[second%recently] += p.delivered
	for _, at := range p.ended {
		s.waiting.end(at)
	}
	p.delivered, p.ended = 0, p.ended[:0]
}
