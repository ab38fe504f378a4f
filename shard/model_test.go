package shard

import (
	"slices"

	"switchyard/box"
	"switchyard/smp"
)

// model is SMP as simply as it can be said, for queues and their subscriptions. It is told what clients do, and says
// what they receive.
type model struct {
	queues []*modelQueue
	out    []expected
	quota  int
	ttl    int64 // seconds; messages older than that are deleted before a SEND
	now    int64
}

type modelQueue struct {
	*testQueue
	keys     []*box.PrivateKey
	mode     smp.QueueMode
	off      bool
	messages []*modelMessage
	full     bool
	sub      *modelSub
	gets     map[*client]*modelSub
	notified *client // subscribed to notifications
	ntfs     int     // changes of the notifier, and with it of its ID
	known    int     // the one of these whose ID clients know
}

type modelMessage struct {
	body  string
	quota bool
	time  int64
	id    []byte // unknown until it is received
}

type modelSub struct {
	client    *client
	delivered *modelMessage // waits for its ACK
	ready     bool          // has a message coming
}

// expected is a reply about a queue: its text, or the message.
type expected struct {
	client  *client
	queue   *modelQueue
	text    string
	message *modelMessage
	event   bool
	ntfs    int // of the queue at that time
}

// action is a command of a client to a queue.
type action struct {
	client   *client
	op       smp.CommandTag
	queue    *modelQueue
	key      *box.PrivateKey   // that signs
	keys     []*box.PrivateKey // of KEY, SKEY, RKEY, NKEY
	message  *modelMessage     // of ACK
	body     string            // of SEND
	tooLarge bool
	ntfs     int // names the notifier of NSUB
}

// do executes the actions of one block.
func (m *model) do(actions []action) {
	for i := range actions {
		m.one(&actions[i])
	}
	for i := range actions { // messages that SUB brings come after the answers to the block
		m.deliverReady(actions[i].client)
	}
}

func (m *model) one(a *action) {
	q := a.queue
	if !slices.Contains(m.queues, q) || !q.authorized(a) {
		m.answer(a, "AUTH")
		return
	}
	switch a.op {
	case smp.CmdSend:
		m.send(a)
	case smp.CmdSub:
		m.sub(a)
	case smp.CmdGet:
		m.get(a)
	case smp.CmdAck:
		m.ack(a)
	case smp.CmdKey, smp.CmdSKey:
		if q.senderKey != nil && q.senderKey != a.keys[0] {
			m.answer(a, "AUTH")
			return
		}
		q.senderKey = a.keys[0]
		m.answer(a, "OK")
	case smp.CmdRKey:
		if q.mode != smp.ModeContact {
			m.answer(a, "AUTH")
			return
		}
		q.keys = a.keys
		m.answer(a, "OK")
	case smp.CmdOff:
		q.off = true
		m.answer(a, "OK")
	case smp.CmdDel:
		m.answer(a, "OK")
		if q.sub != nil {
			m.tell(a, q.sub.client, "DELD")
		}
		m.tell(a, q.notified, "DELD")
		m.queues = slices.DeleteFunc(m.queues, func(o *modelQueue) bool { return o == q })
	case smp.CmdQue:
		m.answer(a, "INFO")
	case smp.CmdNKey:
		m.tell(a, q.notified, "DELD")
		q.notified, q.notifierKey, q.ntfs = nil, a.keys[0], q.ntfs+1
		m.answer(a, "NID")
	case smp.CmdNDel:
		m.tell(a, q.notified, "DELD")
		q.notified, q.notifierKey, q.ntfs = nil, nil, q.ntfs+1
		m.answer(a, "OK")
	case smp.CmdNSub:
		m.tell(a, q.notified, "END")
		q.notified = a.client
		m.answer(a, "SOK")
	}
}

func (q *modelQueue) authorized(a *action) bool {
	switch a.op {
	case smp.CmdSend:
		return a.key == q.senderKey
	case smp.CmdSKey:
		return q.mode == smp.ModeMessaging && a.key == a.keys[0] && (q.senderKey == nil || q.senderKey == a.key)
	case smp.CmdNSub:
		return a.key != nil && a.key == q.notifierKey && a.ntfs == q.ntfs
	}
	return slices.Contains(q.keys, a.key)
}

func (m *model) answer(a *action, text string) {
	m.out = append(m.out, expected{client: a.client, queue: a.queue, text: text, ntfs: a.queue.ntfs})
}

// tell sends an event to a connection other than the acting one.
func (m *model) tell(a *action, to *client, text string) {
	if to != nil && to != a.client {
		m.out = append(m.out, expected{client: to, queue: a.queue, text: text, event: true})
	}
}

func (q *modelQueue) first() *modelMessage {
	if len(q.messages) == 0 {
		return nil
	}
	return q.messages[0]
}

func (m *model) send(a *action) {
	q := a.queue
	switch {
	case a.tooLarge:
		m.answer(a, "LARGE_MSG")
		return
	case q.off:
		m.answer(a, "AUTH")
		return
	}
	for m.ttl > 0 && q.first() != nil && !q.first().quota && q.first().time < m.now-m.ttl {
		q.messages = q.messages[1:]
	}
	if len(q.messages) == 0 {
		q.full = false
	}
	message := &modelMessage{body: a.body, time: m.now, quota: len(q.messages) >= m.quota}
	if q.full || message.quota {
		if !q.full {
			q.messages, q.full = append(q.messages, message), true
		}
		m.answer(a, "QUOTA")
		return
	}
	q.messages = append(q.messages, message)
	if s := q.sub; len(q.messages) == 1 && s != nil && s.delivered == nil {
		s.ready = true
		m.deliver(q)
	}
	m.answer(a, "OK")
}

// deliver pushes the first message if its subscriber has room for it.
func (m *model) deliver(q *modelQueue) {
	s := q.sub
	if s == nil || !s.ready || s.client.stalled() {
		return
	}
	s.ready = false
	if message := q.first(); message != nil {
		s.delivered = message
		m.out = append(m.out, expected{client: s.client, queue: q, message: message, event: true})
	}
}

func (m *model) deliverReady(c *client) {
	for _, q := range m.queues {
		if q.sub != nil && q.sub.client == c {
			m.deliver(q)
		}
	}
}

func (m *model) sub(a *action) {
	q := a.queue
	if q.gets[a.client] != nil {
		m.answer(a, "CMD PROHIBITED")
		return
	}
	if q.sub != nil {
		m.tell(a, q.sub.client, "END")
	}
	q.sub = &modelSub{client: a.client, ready: len(q.messages) > 0}
	m.answer(a, "SOK")
}

func (m *model) get(a *action) {
	q := a.queue
	if q.sub != nil && q.sub.client == a.client {
		m.answer(a, "CMD PROHIBITED")
		return
	}
	s := &modelSub{client: a.client, delivered: q.first()}
	q.gets[a.client] = s
	m.answerFirst(a, s)
}

// answerFirst answers with the first message, or OK.
func (m *model) answerFirst(a *action, s *modelSub) {
	if s.delivered = a.queue.first(); s.delivered == nil {
		m.answer(a, "OK")
		return
	}
	m.out = append(m.out, expected{client: a.client, queue: a.queue, message: s.delivered})
}

func (m *model) ack(a *action) {
	q := a.queue
	s := q.gets[a.client]
	normal := q.sub != nil && q.sub.client == a.client
	if normal {
		s = q.sub
	}
	if s == nil || s.delivered == nil || a.message != nil && a.message != s.delivered {
		m.answer(a, "NO_MSG")
		return
	}
	if a.message != nil && a.message == q.first() {
		q.messages = q.messages[1:]
		q.full = q.full && len(q.messages) > 0
	}
	s.delivered = nil
	switch {
	case !normal:
		m.answer(a, "OK")
	case a.client.stalled():
		s.ready = len(q.messages) > 0
		m.answer(a, "OK")
	default:
		m.answerFirst(a, s)
	}
}

// closed ends a connection.
func (m *model) closed(c *client) {
	for _, q := range m.queues {
		if q.sub != nil && q.sub.client == c {
			q.sub = nil
		}
		if q.notified == c {
			q.notified = nil
		}
		delete(q.gets, c)
	}
}
