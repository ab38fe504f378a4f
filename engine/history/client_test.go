package history

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"sync"

	"github.com/anishathalye/porcupine"

	"switchyard/smp"
	"switchyard/smp/client"
)

// conn is a connection that records what it does and sees. One goroutine uses it.
type conn struct {
	h      *history
	number int
	client *client.Client

	// Owned by the client's reader.
	subscribed map[int]int64 // by queue: when the last SUB was called that is answered
	answers    map[int]int   // by queue: the number of the command that was answered last
	received   int           // answers and events so far

	given int // commands so far; of the goroutine that gives them

	mu      sync.Mutex
	has     map[int]message
	changed chan struct{} // has room for one: an event has come
}

// message is what a connection has received: its text, and the ID to acknowledge.
type message struct {
	text string
	id   []byte
}

// connect opens a connection as soon as the router is up.
func (h *history) connect() *conn {
	c := &conn{h: h, subscribed: map[int]int64{}, answers: map[int]int{}, has: map[int]message{}, changed: make(chan struct{}, 1)}
	h.router.up.RLock()
	defer h.router.up.RUnlock()
	h.mu.Lock()
	h.conns++
	c.number = h.conns
	h.mu.Unlock()
	cfg := client.Defaults(h.router.address)
	cfg.OnEvent = c.event
	client, err := client.Dial(context.Background(), cfg)
	if err != nil {
		h.t.Error("dial:", err)
		return nil
	}
	c.client = client
	h.mu.Lock()
	h.open = append(h.open, c)
	h.mu.Unlock()
	return c
}

// closeAll cuts all connections. When it returns nothing reaches them any more.
func (h *history) closeAll() {
	h.mu.Lock()
	open := h.open
	h.open = nil
	h.mu.Unlock()
	for _, c := range open {
		c.client.Close()
	}
	for _, c := range open {
		<-c.client.Done()
	}
}

// do gives a command and records it; with cut the connection is closed right behind it. A command that was not given is
// not recorded, and one that is unknown only if it may have changed something that others see.
func (c *conn) do(in input, command client.Command, cut bool) output {
	answer := make(chan output, 1)
	p := c.prepare(in)
	if err := c.client.Do(command, func(r client.Response) { answer <- c.answered(&p, &r) }); err != nil {
		return unknown
	}
	if cut {
		c.client.Close()
	}
	return <-answer
}

// given is a command that waits for its answer.
type given struct {
	input
	number int   // among all of the connection
	call   int64 // when
}

func (c *conn) prepare(in input) given {
	in.conn = c.number
	c.given++
	p := given{in, c.given, c.h.now()}
	if in.kind == opSend {
		c.h.sending(in.message, p.call)
	}
	return p
}

// unanswered is where the turns of commands begin whose answers did not come: they have happened behind all that was
// received, if at all.
const unanswered = 1 << 20

// answered records a command. It runs on the client's reader.
func (c *conn) answered(p *given, r *client.Response) output {
	q := c.h.queue(p.queue)
	out := c.output(q, r)
	switch {
	case out.text == "SOK":
		c.subscribed[p.queue] = p.call
	case out.text == "OK" && (p.kind == opKey || p.kind == opSKey):
		c.h.mu.Lock()
		q.key = p.key
		c.h.mu.Unlock()
	}
	c.received++
	p.turn = c.received
	switch {
	case out != unknown:
		if p.number < c.answers[p.queue] {
			c.h.t.Errorf("queue %d: commands were not answered in their order", p.queue)
		}
		c.answers[p.queue] = p.number
		c.h.record(p.input, out, p.call, c.h.now())
	case p.kind != opQue: // a GET may have let an ACK behind it take its message
		p.turn = unanswered + p.number
		c.h.record(p.input, out, p.call, math.MaxInt64)
	}
	return out
}

// output is what a response says.
func (c *conn) output(q *testQueue, r *client.Response) output {
	var refused smp.Error
	switch {
	case errors.As(r.Err, &refused):
		return output{text: refused.Error()}
	case r.Err != nil:
		if c.client.Err() == nil {
			c.h.t.Error("response:", r.Err)
		}
		return unknown
	}
	out := output{text: r.Tag.String()}
	if id, sealed, ok := r.Message(); ok {
		out.message = c.take(q, id, sealed)
	}
	if r.Tag == smp.RespInfo {
		info, _ := smp.ParseInfo(r.Params)
		out.size, out.secured = info.Size, info.Secured
	}
	return out
}

// take opens a message and keeps its ID.
func (c *conn) take(q *testQueue, id, sealed []byte) string {
	m, err := q.Open(id, bytes.Clone(sealed))
	if err != nil {
		c.h.t.Error(err)
		return ""
	}
	got := message{string(m.Body), bytes.Clone(id)}
	c.mu.Lock()
	c.has[q.number] = got
	c.mu.Unlock()
	c.h.mu.Lock()
	q.seen = append(q.seen, got)
	if !slices.ContainsFunc(q.order, func(m first) bool { return m.text == got.text }) {
		q.order = append(q.order, first{got.text, c.h.now()})
	}
	c.h.mu.Unlock()
	return got.text
}

// event records what comes unasked.
func (c *conn) event(e client.Event) {
	c.received++
	in := input{conn: c.number, turn: c.received}
	q := c.h.queueOf(e.Entity)
	switch {
	case e.Kind == client.EventClosed:
		return
	case q == nil:
		c.h.t.Errorf("event %d, tag %v: %v", e.Kind, e.Tag, e.Err)
		return
	case e.Kind == client.EventMessage:
		in.kind, in.message = eventMsg, c.take(q, e.MsgID, e.Body)
	case e.Kind == client.EventEnd:
		in.kind = eventEnd
	case e.Kind == client.EventDeleted:
		in.kind = eventDeld
	default:
		c.h.t.Errorf("event %d, tag %v: %v", e.Kind, e.Tag, e.Err)
		return
	}
	in.queue = q.number
	if in.kind != eventMsg {
		c.mu.Lock()
		delete(c.has, q.number)
		c.mu.Unlock()
	}
	since := max(c.subscribed[q.number], c.h.sentAt(in.message))
	c.h.record(in, output{}, since, c.h.now())
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// latest is what the connection has received last of a queue.
func (c *conn) latest(queue int) (message, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, ok := c.has[queue]
	return m, ok
}

// sending notes when SEND of a message is called.
func (h *history) sending(message string, call int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sent[message] = call
}

func (h *history) sentAt(message string) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sent[message]
}

// record adds an operation to the history.
func (h *history) record(in input, out output, call, end int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.operations = append(h.operations, porcupine.Operation{ClientId: in.conn, Input: in, Call: call, Output: out, Return: end})
}
