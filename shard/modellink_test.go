package shard

import (
	"switchyard/smp"
)

// modelLink is the short link of a queue.
type modelLink struct {
	id          []byte
	fixed, user string
}

// holder is the queue that a link ID leads to, nil when it is free.
func (m *model) holder(id []byte) *modelQueue {
	for _, q := range m.queues {
		if q.link != nil && string(q.link.id) == string(id) {
			return q
		}
	}
	return nil
}

func (m *model) setLink(a *action) {
	q, old := a.queue, a.queue.link
	refused := q.mode != smp.ModeContact && q.senderKey != nil // its link has served
	if old == nil {
		refused = refused || len(a.link.id) == 0 || m.holder(a.link.id) != nil
	} else {
		refused = refused || string(old.id) != string(a.link.id) || old.fixed != a.link.fixed
	}
	if refused {
		m.answer(a, "AUTH")
		return
	}
	q.link = a.link
	m.answer(a, "OK")
}

// readLink answers LGET, and LKEY, which secures the queue.
func (m *model) readLink(a *action) {
	if a.op == smp.CmdLKey {
		a.queue.senderKey = a.keys[0]
	}
	m.answer(a, "LNK").link = a.queue.link
}
