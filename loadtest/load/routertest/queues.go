package routertest

import (
	"fmt"
	"slices"

	"switchyard/box"
	"switchyard/loadtest/load"
	"switchyard/smp"
	"switchyard/smp/client"
)

// What the fake router does to its queues; all under its lock.

func (r *Router) id() []byte {
	r.ids++
	return fmt.Appendf(nil, "%024d", r.ids)
}

func (r *Router) find(id []byte) (*queue, error) {
	if q := r.queues[string(id)]; q != nil {
		return q, nil
	}
	return nil, smp.ErrAuth
}

// take subscribes a queue for the session.
func (s *session) take(q *client.RcvQueue) error {
	r := s.conn.router
	found, err := r.find(q.ID)
	if err != nil {
		return err
	}
	found.subscriber, found.delivered = s, false
	r.push(found)
	return nil
}

// push delivers the first message when nothing is with the subscriber.
func (r *Router) push(q *queue) {
	s := q.subscriber
	if s == nil || s.over || q.delivered || len(q.messages) == 0 {
		return
	}
	q.delivered = true
	e := load.Event{Kind: load.EventMessage, Session: s, Entity: q.rcv.ID, Message: r.seal(q, q.messages[0])}
	s.tasks = append(s.tasks, task{run: func() func() { return func() { s.conn.on(e) } }})
	s.wake.Broadcast()
}

// store takes a message, with the faults that the test asks for.
func (r *Router) store(q *queue, body []byte) error {
	if q.full && len(q.messages) > 0 {
		return smp.ErrQuota
	}
	q.full = len(q.messages) >= r.Quota
	if q.full {
		q.messages = append(q.messages, message{id: r.id(), quota: true})
		return smp.ErrQuota
	}
	r.stored++
	every := func(n int) bool { return n > 0 && r.stored%n == 0 }
	m := message{id: r.id(), body: body}
	n := len(q.messages)
	switch {
	case every(r.Lose):
		return nil
	case every(r.Double):
		q.messages = append(q.messages, m, message{id: r.id(), body: body})
	case every(r.Damage):
		m.body[len(m.body)-1] ^= 1
		q.messages = append(q.messages, m)
	case r.Swap > 0 && r.stored%r.Swap < 4 && n > 1:
		q.messages = append(q.messages[:n-1], m, q.messages[n-1])
	default:
		q.messages = append(q.messages, m)
	}
	r.push(q)
	return nil
}

// seal makes the envelope of a message as routers do.
func (r *Router) seal(q *queue, m message) load.Message {
	plain := smp.AppendMessageBody(nil, 1700000000, false, m.body)
	if m.quota {
		plain = smp.AppendQuotaBody(nil, 1700000000)
	}
	sealed, err := box.Pad(make([]byte, box.TagSize), plain, smp.MessagePadded)
	if err != nil {
		panic(err)
	}
	var key [box.KeySize]byte
	box.Precompute(&key, (*[box.KeySize]byte)(q.rcv.Secret))
	box.Seal(sealed, (*[box.NonceSize]byte)(m.id), &key)
	return load.Message{ID: m.id, Sealed: sealed}
}

// sync counts a command and now and then makes all that was done durable.
func (r *Router) sync() {
	if r.commands++; r.SyncEvery > 0 && r.commands%r.SyncEvery == 0 {
		r.disk = copyQueues(r.queues)
	}
}

// forget is what a kill does to what is not durable.
func (r *Router) forget() {
	if r.SyncEvery > 0 {
		r.queues = copyQueues(r.disk)
	}
}

func copyQueues(queues map[string]*queue) map[string]*queue {
	all := make(map[string]*queue, len(queues))
	for id, q := range queues {
		c := *q
		c.messages = slices.Clone(q.messages)
		all[id] = &c
	}
	return all
}
