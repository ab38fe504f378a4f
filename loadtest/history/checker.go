package history

import "fmt"

// Finding is one fault, for a person to look into. It names the queue by its number within the run.
type Finding struct {
	Queue    int    `json:"queue"`
	Position uint32 `json:"position"`
	Fault    string `json:"fault"`
}

// String is the finding in one line.
func (f Finding) String() string {
	return fmt.Sprintf("queue %d position %d: %s", f.Queue, f.Position, f.Fault)
}

// maxFindings bounds what is kept of a run in which everything goes wrong.
const maxFindings = 20

// Check judges the histories of all queues of a run. It returns at most 20 findings.
//
// The rules, for the deliveries of a queue after those with a known message ID have been dropped:
//
//   - each accepted attempt is delivered, no refused one is, an uncertain one may be;
//   - no attempt is delivered twice;
//   - an attempt comes before another that was sent later if it was answered, if both were sent in one session, or if
//     the router was restarted between them. Only an unanswered attempt of a session that was cut while the router
//     lived may arrive late, as the router may still have had its bytes to read.
func Check(queues []History) (Verdict, []Finding) { return Judge(queues, nil) }

// Judge is Check for a run that knows when the router was killed and what it may have forgotten then:
//
//   - an accepted attempt that it may have forgotten need not be delivered;
//   - a message whose ACK was answered does not come again, unless it may have forgotten that ACK.
func Judge(queues []History, forgets *LossWindow) (Verdict, []Finding) {
	var total Verdict
	var findings []Finding
	for i := range queues {
		c := checker{queue: i, history: &queues[i], forgets: forgets, findings: findings}
		c.deliveries()
		c.attempts()
		total.Add(c.verdict)
		findings = c.findings
	}
	return total, findings
}

// checker goes through the history of one queue.
type checker struct {
	queue    int
	history  *History
	forgets  *LossWindow // nil: kills are not known
	verdict  Verdict
	findings []Finding

	arrived []bool // by position
	last    int    // highest position that was delivered, -1 before the first
}

func (c *checker) fault(count *int, position uint32, format string, args ...any) {
	*count++
	if len(c.findings) < maxFindings {
		c.findings = append(c.findings, Finding{c.queue, position, fmt.Sprintf(format, args...)})
	}
}

// deliveries walks the arrivals in order.
func (c *checker) deliveries() {
	ids := make(map[string]Delivery, len(c.history.Deliveries)) // the first of each, with its last ACK
	order := newOrder()
	c.arrived = make([]bool, len(c.history.Attempts))
	c.verdict.Corrupt = c.history.Corrupt
	for _, d := range c.history.Deliveries {
		if f, again := ids[d.ID]; again {
			c.redelivery(d, f)
			if d.Acked {
				f.Acked, f.AckedIn = true, d.AckedIn
				ids[d.ID] = f
			}
			continue
		}
		ids[d.ID] = d
		if int(d.Position) >= len(c.history.Attempts) {
			c.fault(&c.verdict.Corrupt, d.Position, "was never sent")
			continue
		}
		if c.arrived[d.Position] {
			c.fault(&c.verdict.Duplicates, d.Position, "delivered again under another message ID")
			continue
		}
		c.arrived[d.Position] = true
		c.verdict.Delivered++
		if late, after := order.deliver(int(d.Position), c.history.Attempts[d.Position]); late {
			c.fault(&c.verdict.Reordered, d.Position, "delivered after position %d", after)
		}
	}
	c.last = order.last
}

// redelivery counts an arrival whose message ID is known from before.
func (c *checker) redelivery(d, before Delivery) {
	c.verdict.Redelivered++
	if before.Acked {
		c.verdict.Returned++
		if c.forgets != nil && !c.forgets.Excuse(before.AckedIn) {
			c.fault(&c.verdict.Undone, d.Position, "delivered again after its ACK was answered")
		}
	}
	if d.Position != before.Position {
		c.fault(&c.verdict.Corrupt, d.Position, "redelivered with the message ID of position %d", before.Position)
	}
}

// attempts compares what the sender was told with what arrived.
func (c *checker) attempts() {
	for i, a := range c.history.Attempts {
		c.verdict.Sent++
		switch a.Outcome {
		case Uncertain:
			c.verdict.Unanswered++
		case Accepted:
			c.verdict.Accepted++
			if c.arrived[i] {
				continue
			}
			if c.history.Cut && i > c.last {
				c.verdict.Pending++
				continue
			}
			if c.forgets.Excuse(a.Answer()) {
				c.verdict.Forgotten++
				continue
			}
			c.fault(&c.verdict.Lost, uint32(i), "answered OK and never delivered")
		case Refused:
			c.verdict.Refused++
			if c.arrived[i] {
				c.fault(&c.verdict.Unexpected, uint32(i), "refused and delivered")
			}
		}
	}
}

// order follows the positions that were delivered. Sessions and epochs only grow with the position, so the highest
// of each tells all that is needed.
type order struct {
	last      int            // highest position
	bySession map[uint32]int // highest position of each session
	epoch     uint32         // of the highest position
}

func newOrder() *order { return &order{last: -1, bySession: make(map[uint32]int)} }

// deliver takes the next delivery and reports whether it is late and after which position it came.
func (o *order) deliver(position int, a Attempt) (late bool, after int) {
	inSession, seen := o.bySession[a.Session]
	switch {
	case position > o.last:
	case a.Outcome != Uncertain, o.epoch > a.Epoch:
		late, after = true, o.last
	case seen && inSession > position:
		late, after = true, inSession
	}
	if !seen || position > inSession {
		o.bySession[a.Session] = position
	}
	if position > o.last {
		o.last, o.epoch = position, a.Epoch
	}
	return late, after
}
