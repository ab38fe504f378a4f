package shard

import (
	"slices"

	"switchyard/box"
	"switchyard/smp"
)

// modelNotifier is notification credentials.
type modelNotifier struct {
	key    *box.PrivateKey
	dh     *box.PrivateKey
	id     []byte // unknown until it is received
	secret [32]byte
	sub    *client
}

// endNotifier takes the credentials away and tells the subscriber.
func (m *model) endNotifier(a *action) { m.endNotifierOf(a.queue, a.client) }

func (m *model) endNotifierOf(q *modelQueue, by *client) {
	if q.ntf == nil {
		return
	}
	m.tell(by, q.ntf.sub, q, q.ntf.id, deld(q.ntf.sub))
	q.ntf, q.pending, q.stored = nil, nil, nil
}

// setNotifier answers NKEY and NDEL.
func (m *model) setNotifier(a *action) {
	m.endNotifier(a)
	if a.op == smp.CmdNDel {
		m.answer(a, "OK")
		return
	}
	a.queue.ntf = a.ntf
	m.answer(a, "NID").ntf = a.ntf
}

// subNotifier answers NSUB. What is stored goes out with what comes next.
func (m *model) subNotifier(a *action) {
	q := a.queue
	m.tell(a.client, q.ntf.sub, q, q.ntf.id, "END")
	q.ntf.sub = a.client
	q.pending, q.stored = newest(append(m.fresh(q.stored), q.pending...)), nil
	m.answer(a, sok(a.client))
}

// notify sends what has gathered, or stores it.
func (m *model) notify() {
	for _, q := range m.queues {
		switch {
		case len(q.pending) == 0:
		case q.ntf.sub == nil:
			m.store(q)
		case !q.ntf.sub.shard.Window.Clogged():
			for _, message := range q.pending {
				m.out = append(m.out, expected{client: q.ntf.sub, queue: q, entity: q.ntf.id, text: "NMSG", message: message, ntf: q.ntf})
			}
			q.pending = nil
		}
	}
}

// store keeps what has gathered for a queue.
func (m *model) store(q *modelQueue) {
	q.stored, q.pending = newest(append(m.fresh(q.stored), q.pending...)), nil
}

// fresh is those that are not too old.
func (m *model) fresh(all []*modelMessage) []*modelMessage {
	return slices.DeleteFunc(slices.Clone(all), func(n *modelMessage) bool { return n.time < m.now-m.notifyTTL })
}

func newest(all []*modelMessage) []*modelMessage { return all[max(0, len(all)-NotificationLimit):] }
