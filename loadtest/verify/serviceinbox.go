package verify

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"switchyard/loadtest/history"
	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/results"
	"switchyard/smp"
	"switchyard/smp/client"
)

// serviceInbox judges what a service receives. Its fields belong to the reader of the connection but for the counters,
// began, which is set before, and what is read when the reader has nothing more to do.
type serviceInbox struct {
	s         *service
	began     time.Time
	waiting   int64
	delivered atomic.Int64
	settled   atomic.Bool // all messages have come and are acknowledged, and so has ALLS

	started int64 // queues of which a message has come
	acked   int64
	before  int64 // started, when ALLS came
	alls    time.Duration
	faults  map[string]int
}

func (b *serviceInbox) begin(s *service, waiting int64) {
	b.s, b.waiting, b.faults = s, waiting, make(map[string]int)
}

func (b *serviceInbox) fault(text string) { b.faults[text]++ }

// take takes an event.
func (b *serviceInbox) take(e client.Event) {
	switch {
	case e.Kind == client.EventMessage:
		b.message(e.Client, string(e.Entity), e.MsgID, e.Body)
	case e.Tag == smp.RespAlls && b.alls == 0:
		b.alls, b.before = time.Since(b.began), b.started
		b.settle()
	case e.Kind == client.EventClosed:
	default:
		b.fault(fmt.Sprintf("event %s %v", e.Tag, e.Err))
	}
}

// message takes a message and acknowledges it.
func (b *serviceInbox) message(c *client.Client, id string, msgID, sealed []byte) {
	q := b.s.byID[id]
	if q == nil {
		b.fault("message of a queue that is not the service's")
		return
	}
	command := q.Ack(append([]byte(nil), msgID...))
	m, err := q.Open(msgID, sealed)
	stamp, ok := history.ParseStamp(m.Body)
	switch {
	case err != nil || !ok || stamp.Run != b.s.run || stamp.Queue != q.number:
		b.fault("message that is not what was sent")
	case stamp.Message < q.next:
		b.fault("message that came before")
	case stamp.Message > q.next:
		b.fault("message that comes too early")
	}
	if stamp.Message == 0 {
		b.started++
	}
	q.next = stamp.Message + 1
	b.delivered.Add(1)
	if err := c.Do(command, func(r client.Response) { b.acknowledged(c, id, r) }); err != nil {
		b.fault("ACK: " + err.Error())
	}
}

// acknowledged takes the answer to ACK, which may be the next message.
func (b *serviceInbox) acknowledged(c *client.Client, id string, r client.Response) {
	if r.Err != nil {
		b.fault("ACK: " + r.Err.Error())
		return
	}
	b.acked++
	b.settle()
	if msgID, sealed, ok := r.Message(); ok {
		b.message(c, id, msgID, sealed)
	}
}

func (b *serviceInbox) settle() {
	if b.acked >= b.waiting && b.alls > 0 {
		b.settled.Store(true)
	}
}

// servicePoll is how often wait looks.
const servicePoll = 20 * time.Millisecond

// wait waits until all has come, or nothing comes any more.
func (b *serviceInbox) wait(ctx context.Context, c *client.Client, stall time.Duration) error {
	ticker := time.NewTicker(servicePoll)
	defer ticker.Stop()
	seen, since := int64(-1), time.Now()
	for !b.settled.Load() {
		select {
		case <-ctx.Done():
			return b.give(c, context.Cause(ctx))
		case <-c.Done():
			return c.Err()
		case <-ticker.C:
		}
		if n := b.delivered.Load(); n != seen {
			seen, since = n, time.Now()
		} else if stall > 0 && time.Since(since) > stall {
			return b.give(c, load.ErrStalled)
		}
	}
	return nil
}

// give gives up: when the reader has ended, its fields are ours.
func (b *serviceInbox) give(c *client.Client, cause error) error {
	c.Close()
	<-c.Done()
	return cause
}

// report fills in what has come.
func (b *serviceInbox) report(r *ServiceReport) {
	r.Delivered, r.BeforeAlls = b.delivered.Load(), b.before
	r.AllsMillis, r.Faults = results.Millis(b.alls), b.faults
}

// Clean reports that the router did everything right.
func (r *ServiceReport) Clean() bool {
	return r.Count == int64(r.Queues) && r.HashRight && r.Delivered == r.Waiting && r.BeforeAlls == int64(r.Queues) &&
		len(r.Faults) == 0
}

// Metrics implements Measured.
func (r *ServiceReport) Metrics() []results.Metric {
	m := append(r.Created.Metrics("new"), r.Received.Metrics("rcv")...)
	m = append(m, results.Metric{Unit: "SUBS-ms", Value: r.SubsMillis}, results.Metric{Unit: "ALLS-ms", Value: r.AllsMillis})
	if r.Router != nil {
		m = append(m, results.Metric{Unit: "rss-B", Value: float64(r.Router.RSSMax)})
	}
	return m
}

// WriteText prints the report. The last line sums up:
//
//	queues 100000 SOKS 100000 hash right waiting 100000 before ALLS 100000 delivered 100000
func (r *ServiceReport) WriteText(w io.Writer) error {
	t := results.NewTable(w)
	for _, op := range []struct {
		name string
		*measure.Operation
	}{{"NEW", r.Created}, {"SEND", r.Sent}, {"MSG and ACK", r.Received}, {"DEL", r.Deleted}} {
		if op.Operation != nil {
			t.Row(op.name, op.Count, "seconds", results.Fixed(op.Seconds), "a second", results.Fixed(op.PerSecond), "router CPU µs",
				results.Fixed(op.CPUMicros))
		}
	}
	t.Row("SUBS to SOKS", results.Fixed(r.SubsMillis)+" ms", "SUBS to ALLS", results.Fixed(r.AllsMillis)+" ms")
	if u := r.Router; u != nil {
		t.Row("router RSS MiB", results.MiB(u.RSSBefore)+" to "+results.MiB(u.RSSAfter), "at most", results.MiB(u.RSSMax))
	}
	t.Flush()
	(&Report{Faults: r.Faults, Ended: r.Ended}).WriteFaults(w)
	hash := "wrong"
	if r.HashRight {
		hash = "right"
	}
	_, err := fmt.Fprintf(w, "queues %d SOKS %d hash %s waiting %d before ALLS %d delivered %d\n",
		r.Queues, r.Count, hash, r.Waiting, r.BeforeAlls, r.Delivered)
	return err
}
