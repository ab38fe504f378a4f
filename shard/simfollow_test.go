//go:build simulate

package shard

import (
	"slices"

	"switchyard/internal/simulate"
	"switchyard/smp"
)

// The model follows the shards: what the waiters hand to the loops is, for each queue, in the order in which its shard has
// executed commands. The answers say when a command was executed; messages that are pushed say when there was room for them.

// simReply is a reply on its way from a shard to a loop.
type simReply struct {
	end    *simEnd
	raw    []byte
	answer bool
}

// simTap takes the replies of all shards, in the place of the loops, and hands them on. A drain's come in one group, however
// many loops they are for, as the order between those of different loops would be lost.
type simTap struct{ w *simulation }

// Deliver implements Loop.
func (t simTap) Deliver(g *Group) {
	parts := t.w.tap(g)
	g.Release()
	for _, part := range parts {
		part.loop.Deliver(part)
	}
}

// tap notes the replies of a group, and returns what each loop gets of it.
func (w *simulation) tap(g *Group) (parts []*Group) {
	w.mu.Lock()
	defer w.mu.Unlock()
	me := simulate.Current()
	var replies []simReply
	for i := range g.Replies {
		r := &g.Replies[i]
		e, loop := w.endOf[r.Client], w.inner[r.Client]
		raw := slices.Clone(r.Head)
		if r.Body != nil {
			raw = append(raw, r.Body.Data...)
		}
		if len(raw) > 0 { // else it says that a message was taken back
			replies = append(replies, simReply{e, raw, r.Answer})
			e.expected[me] = append(e.expected[me], raw)
		}
		part := slices.IndexFunc(parts, func(p *Group) bool { return p.loop == loop })
		if part < 0 {
			part = len(parts)
			parts = append(parts, newGroup())
			parts[part].loop = loop
		}
		parts[part].take(r)
	}
	w.tapped = append(w.tapped, replies)
	return parts
}

// take takes over a reply of another group.
func (g *Group) take(r *Reply) {
	start := len(g.arena)
	g.arena = append(g.arena, r.Head...)
	moved := *r
	moved.Head = g.arena[start:len(g.arena):len(g.arena)]
	g.Replies = append(g.Replies, moved)
	r.Body = nil
}

// simGiven is a command that no shard has answered.
type simGiven struct {
	end    *simEnd
	action action
	order  int
	create func(*received) // of NEW: takes the answer
}

// follow has the model do what the shards have done since.
func (w *simulation) follow() {
	w.mu.Lock()
	tapped := w.tapped
	w.tapped = nil
	w.mu.Unlock()
	for _, group := range tapped {
		var early []simReply // events of commands whose answer comes behind them
		for _, r := range group {
			if r.answer {
				w.answered(&r)
			} else if !w.event(&r) {
				early = append(early, r)
				continue
			}
			early = slices.DeleteFunc(early, func(r simReply) bool { return w.event(&r) })
		}
		for _, r := range early {
			m := r.received()
			if q := w.named[m.entity]; q != nil && w.doubts[q] != nil {
				w.t.Fatalf("client %d gets %s of queue %d, which goes with none of the states that it may be in", w.number(r.end.client), m.text(), q.number)
			}
			w.compareReply(r.end.client, &m)
			w.t.Fatalf("")
		}
	}
}

func (r *simReply) received() received {
	m := received{raw: r.raw, answer: r.answer}
	r.end.client.parse(&m)
	return m
}

// answered has the model execute the command of an answer, and compares the two.
func (w *simulation) answered(r *simReply) {
	m := r.received()
	g, ok := w.given[m.corr]
	if !ok {
		w.t.Fatalf("client %d is answered %s, to a command that it has not given, or twice", w.number(r.end.client), m.text())
	}
	delete(w.given, m.corr)
	a := &g.action
	w.checkOrder(g, &m)
	w.note("answer to client %d: %s of queue %d: %s %s%s", w.number(a.client), a.op, a.queue.number, m.text(), a.body[:min(20, len(a.body))], w.bodyOf(a.queue, &m))
	switch {
	case g.create != nil:
		g.create(&m)
		return
	case m.text() == "STORE limit" && a.op == smp.CmdGet && w.limits.Subscriptions > 0:
		return
	case a.op == smp.CmdSend && m.text() == "AUTH" && w.strays(a.queue) && w.isDeleting(a.queue): // another shard has told so
		return
	case m.text() == "STORE full":
		if !w.wasFull {
			w.t.Fatalf("the store is said to be full")
		}
		return
	case a.op == smp.CmdLGet && !w.keepsPlace(a.link.id, a.queue): // another shard may have told that there is no link
		if text := m.text(); text != "LNK" && text != "AUTH" && !w.failed(a.queue, &m) && text != blockedText(a.client, a.queue.blocked) {
			w.t.Fatalf("LGET is answered %s", text)
		}
		return
	}
	if w.failed(a.queue, &m) {
		w.doubt(a.queue)
	}
	w.checkFinished(a.queue, &m)
	w.noteAck(a, &m)
	if w.doubts[a.queue] != nil {
		w.doubtful(a, &m)
		return
	}
	if g.end.left && w.router.cfg.stray != nil { // the command came behind the end of the connection, which events do not
		w.model.out = slices.DeleteFunc(w.model.out, func(e expected) bool { return e.client == a.client && e.corr == "" })
		w.endBefore(a, &m)
	}
	a.client.stalled = m.tag != smp.RespMsg // an ACK may be answered OK although there is a message, which is pushed later
	w.model.one(a)
	a.client.stalled = true
	w.compareReply(a.client, &m)
}

// endBefore ends what a connection that is gone has of a queue, if the answer to its command tells that the shard has done so
// before: another shard, which has handed something of the connection to it, may have told it so in front of the command.
func (w *simulation) endBefore(a *action, m *received) {
	q, ended := a.queue, false
	s := q.subOf(a.client)
	switch {
	case s == nil:
		return
	case a.op == smp.CmdQue:
		info, ok := smp.ParseInfo(m.params)
		ended = m.tag == smp.RespInfo && ok && info.Sub == nil
	case a.op == smp.CmdAck:
		ended = m.text() == "NO_MSG" && s.delivered != nil && (a.message == nil || a.message == s.delivered)
	case a.op == smp.CmdGet && s == q.sub, a.op == smp.CmdSub && s != q.sub: // else prohibited
		ended = m.tag != smp.RespErr
	}
	if !ended {
		return
	}
	delete(q.gets, a.client)
	if s == q.sub {
		q.sub = nil
	}
}

// checkOrder checks that the commands of a connection to one sender ID are answered in their order. Whatever comes behind a
// block that is put off waits with it, whichever shard the queue belongs to. When a queue is gone whose ID is of another shard,
// that one says so while earlier commands are on their way to the queue's; they get the same answer, which the model sees to.
func (w *simulation) checkOrder(g *simGiven, m *received) {
	q := g.action.queue
	if g.action.op != smp.CmdSend || g.action.astray || m.text() == "AUTH" && w.strays(q) && (q.gone || w.isDeleting(q)) {
		return
	}
	for _, other := range w.given {
		if o := &other.action; other.end == g.end && o.op == smp.CmdSend && !o.astray && o.queue == g.action.queue && other.order < g.order {
			w.t.Fatalf("client %d is answered to a SEND of queue %d before an earlier one", w.number(g.end.client), o.queue.number)
		}
	}
}

// isDeleting tells that a client has given DEL of a queue, which is not answered.
func (w *simulation) isDeleting(q *modelQueue) bool {
	for _, g := range w.given {
		if g.action.op == smp.CmdDel && g.action.queue == q {
			return true
		}
	}
	return false
}

// bodyOf is the beginning of the message of a MSG, for the trace.
func (w *simulation) bodyOf(q *modelQueue, m *received) string {
	if m.tag != smp.RespMsg {
		return ""
	}
	body := q.open(w.t, m.msg(w.t))
	return string(body.Body[:min(20, len(body.Body))])
}

// failed tells whether a reply says that the store has failed, or has damage.
func (w *simulation) failed(q *modelQueue, m *received) bool {
	return m.text() == "STORE failed" || m.text() == "STORE damaged" && w.store.isDamaged(q.recipient)
}

// checkFinished checks that a message does not come whose ACK was answered.
func (w *simulation) checkFinished(q *modelQueue, m *received) {
	if m.tag == smp.RespMsg && w.finished[string(m.msg(w.t).ID)] {
		w.t.Fatalf("a message of queue %d comes again after its ACK was answered", q.number)
	}
}

// noteAck remembers messages whose ACK was answered: they do not come again.
func (w *simulation) noteAck(a *action, m *received) {
	if a.op == smp.CmdAck && a.message != nil && (m.tag == smp.RespOK || m.tag == smp.RespMsg) {
		w.finished[string(a.message.id)] = true
	}
}

// event takes an event if it is one that the model expects; false means that it comes of a command whose answer is behind it.
func (w *simulation) event(r *simReply) bool {
	m := r.received()
	client := r.end.client
	q := w.named[m.entity]
	if q == nil {
		return w.ofUnknown(&m)
	}
	w.checkFinished(q, &m)
	if w.doubts[q] != nil {
		return w.doubtfulEvent(client, q, &m)
	}
	if w.failed(q, &m) {
		return true
	}
	if m.tag == smp.RespMsg {
		if s := q.sub; s == nil || s.client != client || !s.ready || q.first() == nil {
			return false
		}
		client.stalled = false
		w.model.deliver(q)
		client.stalled = true
	} else if !slices.ContainsFunc(w.model.out, func(e expected) bool {
		return e.client == client && e.queue == q && e.corr == "" && e.text == m.text()
	}) {
		return false
	}
	w.note("event for client %d: %s of queue %d %s", w.number(client), m.text(), q.number, w.bodyOf(q, &m))
	w.compareReply(client, &m)
	return true
}

// ofUnknown tells whether an event may be about a queue that no client knows: one whose NEW has failed.
func (w *simulation) ofUnknown(m *received) bool { return w.hidden && m.tag != smp.RespMsg }

// loopAnswers takes an answer that a loop has given itself: only to what is over a limit, which comes to no shard.
func (w *simulation) loopAnswers(m *received) bool {
	_, ok := w.given[m.corr]
	delete(w.given, m.corr)
	return ok && m.text() == "STORE limit" && w.limits.Subscriptions > 0
}
