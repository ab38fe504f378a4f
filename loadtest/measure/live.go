package measure

import (
	"fmt"
	"sync/atomic"
	"time"

	"switchyard/loadtest/results"
)

// Live says how fast something goes at the moment, and with what latency, for a Watcher's Notes.
type Live struct {
	unit    string
	counter *atomic.Int64
	latency *results.Histogram
	now     func() time.Time

	since time.Time // of what is counted next
	done  int64     // by then
	text  string
}

// liveInterval is how much time a note is about.
const liveInterval = time.Second

// NewLive begins to count.
func NewLive(unit string, counter *atomic.Int64, latency *results.Histogram) *Live {
	return newLive(unit, counter, latency, time.Now)
}

func newLive(unit string, counter *atomic.Int64, latency *results.Histogram, now func() time.Time) *Live {
	latency.Lately()
	return &Live{unit: unit, counter: counter, latency: latency, now: now, since: now(), done: counter.Load()}
}

// Note is of the last interval that is over, empty in the first one.
func (l *Live) Note() string {
	now := l.now()
	past := now.Sub(l.since)
	if past < liveInterval {
		return l.text
	}
	done, lately := l.counter.Load(), l.latency.Lately()
	l.text = fmt.Sprintf("%.0f %s/s", float64(done-l.done)/past.Seconds(), l.unit)
	if lately.Count > 0 {
		l.text += fmt.Sprintf(", p99 %s ms", results.Fixed(lately.P99))
	}
	l.since, l.done = now, done
	return l.text
}
