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
	day, week, month period // of different packets that were downloaded
}

// period counts different packets from one midnight of UTC to another. It ends by itself when anything is asked of it after
// that, so that nobody has to come each day.
type period struct {
	next    func(now time.Time) time.Time // when the period ends that now is in
	ends    time.Time
	packets distinct
	last    int64 // of the period before
	over    bool  // there is one that nobody has asked for
}

func (s *Stats) begin(now time.Time) {
	s.since = now.UTC()
	s.day, s.week, s.month = period{next: nextDay}, period{next: nextMonday}, period{next: nextMonth}
	s.roll(now)
}

func nextDay(now time.Time) time.Time {
	return time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 0, 0, time.UTC)
}

func nextMonday(now time.Time) time.Time {
	days := 7 - (int(now.Weekday())+6)%7
	return time.Date(now.Year(), now.Month(), now.Day()+days, 0, 0, 0, 0, time.UTC)
}

func nextMonth(now time.Time) time.Time {
	return time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
}

// roll ends the periods that are over now. mu is held.
func (s *Stats) roll(now time.Time) {
	for _, p := range s.periods() {
		p.roll(now.UTC())
	}
}

func (p *period) roll(now time.Time) {
	if !p.ends.IsZero() && !now.Before(p.ends) {
		p.end()
	}
	p.ends = p.next(now) // which is sooner than it was when the clock was set back
}

// end begins the next period.
func (p *period) end() {
	p.last, p.over = p.packets.count(), true
	p.packets = distinct{}
}

// ended is the number of the period that is over, once.
func (p *period) ended() (n int64, ok bool) {
	ok, p.over = p.over, false
	return p.last, ok
}

// download counts a download of a packet.
func (s *Stats) download(sender packets.ID, now time.Time) {
	s.Downloads.Add(1)
	h := hashOf(sender)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roll(now)
	for _, p := range s.periods() {
		p.packets.add(h)
	}
}

func (s *Stats) periods() [3]*period { return [...]*period{&s.day, &s.week, &s.month} }

// hashOf keeps a random ID's first half: enough to tell packets apart, not enough to download one.
func hashOf(sender packets.ID) (h int64) {
	for _, b := range sender[:8] {
		h = h<<8 | int64(b)
	}
	return h
}
