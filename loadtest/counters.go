package loadtest

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

// counters are what a load counts while it runs. The verdict is made from the histories, not from these.
type counters struct {
	links       atomic.Int64 // connected now
	connected   atomic.Int64 // links that have been connected once
	disconnects atomic.Int64
	created     atomic.Int64 // queues answered IDS
	orphans     atomic.Int64 // NEW without an answer
	open        atomic.Int64 // queues that are or were open
	drained     atomic.Int64
	removed     atomic.Int64
	missing     atomic.Int64
	sent        atomic.Int64
	accepted    atomic.Int64
	refused     atomic.Int64
	unanswered  atomic.Int64
	delivered   atomic.Int64
	acked       atomic.Int64

	mu     sync.Mutex
	faults map[string]int
}

// fault counts something that a router should not have answered.
func (c *counters) fault(err error) {
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

func (c *counters) allFaults() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.faults)
}

// work grows with each answer: a load whose work stands still is stuck. That links come back is no work, as they may
// do nothing else.
func (c *counters) work() int64 {
	return c.connected.Load() + c.created.Load() + c.open.Load() + c.removed.Load() +
		c.accepted.Load() + c.delivered.Load() + c.acked.Load()
}

func (l *load) linkUp(again bool) {
	l.count.links.Add(1)
	if !again {
		l.count.connected.Add(1)
	}
	l.signal()
}

func (l *load) linkDown(was bool, err error) {
	if was {
		l.count.links.Add(-1)
		l.count.disconnects.Add(1)
	}
	l.mu.Lock()
	l.downErr = err
	l.mu.Unlock()
	l.signal()
}

func (l *load) opened() {
	l.count.open.Add(1)
	l.signal()
}

func (l *load) acceptedOne(intended time.Time) {
	l.count.accepted.Add(1)
	l.latency.answer.Record(time.Since(intended))
}

func (l *load) deliveredOne(intended, now time.Time) {
	l.count.delivered.Add(1)
	l.latency.delivery.Record(now.Sub(intended))
}

func (l *load) drained(*queue) {
	l.count.drained.Add(1)
	l.signal()
}

// removed follows a deleted queue with another.
func (l *load) removed(q *queue) {
	l.count.removed.Add(1)
	l.signal()
	l.follow(q)
}

// follow begins the next queue of a slot, unless the load is to end. That is for recipients to say: their senders wait for one.
func (l *load) follow(q *queue) {
	if l.renew && (q.receiver == nil || !l.stopped.Load()) {
		l.add(q.slot).start()
	}
}

func (l *load) missing(q *queue, was history.QueueState, err error) {
	l.count.missing.Add(1)
	l.count.fault(err)
	l.forgotten(q, was)
}

// fault counts what a router should not have answered.
func (l *load) fault(err error) {
	l.count.fault(err)
	if l.keep == nil {
		return
	}
	if err := l.keep.Fault(faultText(err)); err != nil {
		l.fail("journal: %w", err)
	}
}

// forgotten is missing without a fault.
func (l *load) forgotten(q *queue, was history.QueueState) {
	l.ended(was)
	l.follow(q)
}

// ended counts a queue for those who wait for the steps that it will not take.
func (l *load) ended(was history.QueueState) {
	if was == history.QueueNew || was == history.QueueCreated {
		l.count.open.Add(1) // nobody is to wait for it
	}
	if was != history.QueueDrained {
		l.count.drained.Add(1)
	}
	l.count.removed.Add(1)
	l.signal()
}

// latencies are the histograms of a load.
type latencies struct {
	answer   *results.Histogram // SEND to OK
	delivery *results.Histogram // SEND to MSG
}

func newLatencies() latencies {
	return latencies{results.NewHistogram(), results.NewHistogram()}
}
