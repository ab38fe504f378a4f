package load

import (
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/loadtest/history"
	"switchyard/loadtest/results"
	"switchyard/smp"
)

// Counters are what a load counts while it runs. The verdict is made from the histories, not from these.
type Counters struct {
	links       atomic.Int64 // connected now
	connected   atomic.Int64 // links that have been connected once
	Disconnects atomic.Int64
	Created     atomic.Int64 // queues answered IDS
	Orphans     atomic.Int64 // NEW without an answer
	open        atomic.Int64 // queues that are or were open
	Drained     atomic.Int64
	Removed     atomic.Int64
	Missing     atomic.Int64
	sent        atomic.Int64
	Accepted    atomic.Int64
	refused     atomic.Int64
	unanswered  atomic.Int64
	Delivered   atomic.Int64
	Acked       atomic.Int64

	mu     sync.Mutex
	faults map[string]int
}

// fault counts something that a router should not have answered.
func (c *Counters) fault(err error) {
	text := faultText(err)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.faults == nil {
		c.faults = make(map[string]int)
	}
	c.faults[text]++
}

func faultText(err error) string {
	if e := (smp.Error{}); errors.As(err, &e) {
		return "ERR " + e.Error()
	}
	return err.Error()
}

// AllFaults is how often each fault was seen.
func (c *Counters) AllFaults() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.faults)
}

// Work grows with each answer: a load whose work stands still is stuck. That links come back is no work, as they may
// do nothing else.
func (c *Counters) Work() int64 {
	return c.connected.Load() + c.Created.Load() + c.open.Load() + c.Removed.Load() +
		c.Accepted.Load() + c.Delivered.Load() + c.Acked.Load()
}

func (l *Load) linkUp(again bool) {
	l.Count.links.Add(1)
	if !again {
		l.Count.connected.Add(1)
	}
	l.signal()
}

func (l *Load) linkDown(was bool, err error) {
	if was {
		l.Count.links.Add(-1)
		l.Count.Disconnects.Add(1)
	}
	l.mu.Lock()
	l.downErr = err
	l.mu.Unlock()
	l.signal()
}

func (l *Load) opened() {
	l.Count.open.Add(1)
	l.signal()
}

func (l *Load) acceptedOne(intended time.Time) {
	l.Count.Accepted.Add(1)
	l.Latency.Answer.Record(time.Since(intended))
}

func (l *Load) deliveredOne(intended, now time.Time) {
	l.Count.Delivered.Add(1)
	l.Latency.Delivery.Record(now.Sub(intended))
}

func (l *Load) drained(*queue) {
	l.Count.Drained.Add(1)
	l.signal()
}

// removed follows a deleted queue with another.
func (l *Load) removed(q *queue) {
	l.Count.Removed.Add(1)
	l.signal()
	l.renewQueue(q)
}

// renewQueue begins the next queue of a slot, unless the load is to end. That is for recipients to say: their senders wait for one.
func (l *Load) renewQueue(q *queue) {
	if l.Renew && (q.receiver == nil || !l.stopped.Load()) {
		l.add(q.slot).start()
	}
}

func (l *Load) missing(q *queue, was history.QueueState, err error) {
	l.Count.Missing.Add(1)
	l.Count.fault(err)
	l.forgotten(q, was)
}

// fault counts what a router should not have answered.
func (l *Load) fault(err error) {
	l.Count.fault(err)
	if l.Journals == nil {
		return
	}
	if err := l.Journals.Fault(faultText(err)); err != nil {
		l.Fail("journal: %w", err)
	}
}

// forgotten is missing without a fault.
func (l *Load) forgotten(q *queue, was history.QueueState) {
	l.ended(was)
	l.renewQueue(q)
}

// ended counts a queue for those who wait for the steps that it will not take.
func (l *Load) ended(was history.QueueState) {
	if was == history.QueueNew || was == history.QueueCreated {
		l.Count.open.Add(1) // nobody is to wait for it
	}
	if was != history.QueueDrained {
		l.Count.Drained.Add(1)
	}
	l.Count.Removed.Add(1)
	l.signal()
}

// Histograms are the histograms of a load.
type Histograms struct {
	Answer   *results.Histogram // SEND to OK
	Delivery *results.Histogram // SEND to MSG
}

// NewHistograms makes empty ones.
func NewHistograms() Histograms {
	return Histograms{results.NewHistogram(), results.NewHistogram()}
}
