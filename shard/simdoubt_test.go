//go:build simulate

package shard

import (
	"bytes"
	"slices"

	"switchyard/smp"
)

// When the store has failed a command, its effect may be there for now, and be gone or stay in the end. From then on a queue is
// in doubt: there are several states that its stored part may be in. What is answered as done holds in all of them. What the
// shards read until a new epoch begins tells nothing, as stores show what they have not kept. At rest the doubt ends: what
// is stored has to be one of the states, and what is in memory has to go with it.

// simDoubt is a queue in doubt.
type simDoubt struct {
	states    []*modelQueue
	certainly *client // is subscribed; nil: nobody, or it is not certain
}

// doubtsMost is how many states a queue may be in before the simulation comes to rest.
const doubtsMost = 24

// doubt begins a queue's doubt.
func (w *simulation) doubt(q *modelQueue) {
	if w.doubts[q] != nil {
		return
	}
	d := &simDoubt{states: []*modelQueue{hard(q)}}
	if q.sub != nil {
		d.certainly = q.sub.client
	}
	w.doubts[q] = d
	w.model.out = slices.DeleteFunc(w.model.out, func(e expected) bool { return e.queue == q })
}

// hard is the stored part of a queue.
func hard(q *modelQueue) *modelQueue {
	s := q.clone()
	s.sub, s.gets = nil, map[*client]*modelSub{}
	return s
}

// effect is what a command does to the stored part of a queue, and how it is answered.
func (w *simulation) effect(q *modelQueue, a action) (*modelQueue, string) {
	s := hard(q)
	m := model{queues: []*modelQueue{s}, now: w.model.now, quota: w.model.quota, ttl: w.model.ttl, expireOnSend: w.model.expireOnSend}
	a.queue = s
	if a.op == smp.CmdAck && a.message != nil { // it was delivered; which of several, the shard knows
		if i := slices.IndexFunc(s.messages, func(m *modelMessage) bool { return bytes.Equal(m.id, a.message.id) }); i >= 0 {
			a.message = s.messages[i]
		}
		s.sub = &modelSub{client: a.client, delivered: a.message}
	}
	m.one(&a)
	s.sub = nil
	for _, e := range m.out {
		if e.corr == a.corr {
			return s, e.text
		}
	}
	return s, ""
}

// doubtful takes the answer to a command of a queue in doubt.
func (w *simulation) doubtful(a *action, m *received) {
	d := w.doubts[a.queue]
	text := m.text()
	done, failed := m.tag != smp.RespErr, w.failed(a.queue, m)
	switch a.op {
	case smp.CmdSub:
		if done {
			d.certainly = a.client
		}
		return
	case smp.CmdGet, smp.CmdQue, smp.CmdLGet:
		return
	}
	if a.op == smp.CmdDel && (done || failed) && d.certainly == a.client {
		d.certainly = nil // it is not told, as it has asked for it
	}
	var next []*modelQueue
	for _, s := range d.states {
		after, answer := w.effect(s, *a)
		if a.op == smp.CmdAck && done { // with the next message, or without
			answer = text
		}
		if !done {
			next = append(next, s)
		}
		if failed || answer == text {
			next = append(next, after)
		}
	}
	if len(next) == 0 {
		w.t.Errorf("%s of queue %d is answered %s, which goes with none of the states that it may be in:", a.op, a.queue.number, text)
		for _, s := range d.states {
			w.t.Errorf("%s", s.text())
		}
		w.t.Fatalf("")
	}
	slices.SortStableFunc(next, func(a, b *modelQueue) int { return bytes.Compare([]byte(a.text()), []byte(b.text())) })
	d.states = slices.CompactFunc(next, func(a, b *modelQueue) bool { return a.text() == b.text() })
	w.vague = w.vague || len(d.states) > doubtsMost
}

// doubtfulEvent takes an event about a queue in doubt; false means that it comes of a command whose answer is behind it.
func (w *simulation) doubtfulEvent(client *client, q *modelQueue, m *received) bool {
	d := w.doubts[q]
	switch m.text() {
	case "END", "DELD":
		if d.certainly == client {
			d.certainly = nil
		}
	case "MSG":
		msg := m.msg(w.t)
		body := q.open(w.t, msg)
		got := stored(body.Time, body.Quota, body.Notify, body.Body)
		return slices.ContainsFunc(d.states, func(s *modelQueue) bool { return s.first() != nil && s.first().stored() == got })
	}
	return true
}

// resolve ends all doubts, at rest.
func (w *simulation) resolve() {
	for _, q := range w.model.queues {
		d := w.doubts[q]
		if d == nil {
			continue
		}
		w.settleDoubt(q, d)
		w.learnSubscriptions(q, d)
	}
}

// settleDoubt takes the state that is stored, which has to be one of those that may be.
func (w *simulation) settleDoubt(q *modelQueue, d *simDoubt) {
	there := w.storedOf(q)
	i := slices.IndexFunc(d.states, func(s *modelQueue) bool { return s.text() == there })
	if i < 0 {
		w.t.Errorf("stored of queue %d is\n%s\nand could be", q.number, there)
		for _, s := range d.states {
			w.t.Errorf("%s", s.text())
		}
		w.t.Fatalf("")
	}
	s := d.states[i]
	s.knownLink, s.knownNtf = q.knownLink, q.knownNtf
	*q = *s
	w.learnStored(q)
	delete(w.doubts, q)
}

// learnStored takes the IDs of the messages that are stored.
func (w *simulation) learnStored(q *modelQueue) {
	if f := w.store.queue(q.recipient); f != nil {
		for i, m := range f.messages {
			id := m.header.ID
			q.messages[i].id = id[:]
		}
	}
}

// learnSubscriptions takes what the shard has of the queue's subscriptions, as far as clients may have been left without an answer.
func (w *simulation) learnSubscriptions(q *modelQueue, d *simDoubt) {
	there := w.memoryOf(q)
	if c := d.certainly; !q.gone && slices.Contains(w.clients, c) && !w.end(c).left && (there.sub == nil || there.sub.client != c) {
		w.t.Fatalf("client %d has lost its subscription to queue %d", w.number(c), q.number)
	}
	q.sub, q.gets = there.sub, there.gets
}
