package shard

import (
	"slices"

	"switchyard/box"
	"switchyard/smp"
)

// model is SMP as simply as it can be said, for queues and their subscriptions. It is told what clients do, and says
// what they receive. Links and notifications are in modellink_test.go and modelnotify_test.go.
type model struct {
	queues []*modelQueue // those that are deleted too
	out    []expected
	now    int64

	// Settings of the router; times are in seconds.
	quota          int
	ttl, notifyTTL int64
	expireOnSend   bool
}

type modelQueue struct {
	testQueue
	number   int
	keys     []*box.PrivateKey
	mode     smp.QueueMode
	status   Status
	blocked  smp.Error
	gone     bool
	messages []*modelMessage
	full     bool
	link     *modelLink // replaced, not changed
	sub      *modelSub
	gets     map[*client]*modelSub

	ntf             *modelNotifier
	pending, stored []*modelMessage // that the notifier is to be told of: in memory, in the store

	// What clients know, though it may not be so any more.
	knownLink []byte
	knownNtf  *modelNotifier
}

type modelMessage struct {
	body   string
	quota  bool
	notify bool
	time   int64
	id     []byte // unknown until it is received
}

type modelSub struct {
	client    *client
	delivered *modelMessage // waits for its ACK
	ready     bool          // has a message coming
}

// expected is a reply about a queue: its text, and what else there is to check of it.
type expected struct {
	client  *client
	queue   *modelQueue
	corr    string // empty for an event
	entity  []byte
	text    string
	message *modelMessage  // of MSG
	info    *modelInfo     // of INFO
	link    *modelLink     // of LNK
	ntf     *modelNotifier // of NID, and of NMSG about message
}

// modelInfo is INFO, whose messages may get their IDs later.
type modelInfo struct {
	smp.Info
	first, delivered *modelMessage
}

// action is a command of a client to a queue.
type action struct {
	client   *client
	op       smp.CommandTag
	queue    *modelQueue
	corr     string
	entity   []byte
	astray   bool              // the entity is another one of the queue
	key      *box.PrivateKey   // that signs
	keys     []*box.PrivateKey // of KEY, SKEY, LKEY, RKEY
	message  *modelMessage     // of ACK
	body     string            // of SEND
	notify   bool              // of SEND
	tooLarge bool
	link     *modelLink     // of LSET; its ID also of LGET, LKEY
	ntf      *modelNotifier // of NKEY, NSUB
}

// do executes the actions of one block. after is called behind each of them.
func (m *model) do(actions []action, after func(*action)) {
	for i := range actions {
		m.one(&actions[i])
		after(&actions[i])
	}
	for i := range actions { // messages that SUB brings come after the answers to the block
		m.deliverReady(actions[i].client)
	}
}

func (m *model) one(a *action) {
	if a.op == smp.CmdLGet || a.op == smp.CmdLKey {
		if q := m.holder(a.link.id); q != nil {
			a.queue = q
		}
	}
	q := a.queue
	if q.gone || a.astray || !q.authorized(a) {
		m.answer(a, "AUTH")
		return
	}
	switch a.op {
	case smp.CmdOff, smp.CmdDel, smp.CmdNSub, smp.CmdSend:
	default:
		if q.status == StatusBlocked {
			m.answer(a, blockedText(a.client, q.blocked))
			return
		}
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
		m.secure(a)
	case smp.CmdRKey:
		m.replaceKeys(a)
	case smp.CmdOff:
		q.status = StatusOff
		m.answer(a, "OK")
	case smp.CmdDel:
		m.del(a)
	case smp.CmdQue:
		m.info(a)
	case smp.CmdNKey, smp.CmdNDel:
		m.setNotifier(a)
	case smp.CmdNSub:
		m.subNotifier(a)
	case smp.CmdLSet:
		m.setLink(a)
	case smp.CmdLDel:
		q.link = nil
		m.answer(a, "OK")
	case smp.CmdLKey, smp.CmdLGet:
		m.readLink(a)
	}
}

func (q *modelQueue) authorized(a *action) bool {
	secured := q.senderKey != nil
	switch a.op {
	case smp.CmdSend:
		return a.key == q.senderKey
	case smp.CmdLKey:
		if q.link == nil || string(q.link.id) != string(a.link.id) {
			return false
		}
		fallthrough
	case smp.CmdSKey:
		return q.mode == smp.ModeMessaging && a.key == a.keys[0] && (!secured || q.senderKey == a.key)
	case smp.CmdLGet:
		return q.link != nil && string(q.link.id) == string(a.link.id) && (q.mode == smp.ModeContact || q.mode == smp.ModeUnset && !secured)
	case smp.CmdNSub:
		return q.ntf != nil && a.ntf == q.ntf && a.key == q.ntf.key
	}
	return slices.Contains(q.keys, a.key)
}

// answer adds the response to a command.
func (m *model) answer(a *action, text string) *expected {
	m.out = append(m.out, expected{client: a.client, queue: a.queue, corr: a.corr, entity: a.entity, text: text})
	return &m.out[len(m.out)-1]
}

// tell sends an event to a connection other than the acting one.
func (m *model) tell(by, to *client, q *modelQueue, entity []byte, text string) {
	if to != nil && to != by {
		m.out = append(m.out, expected{client: to, queue: q, entity: entity, text: text})
	}
}

// The texts of replies that are told by the version.

func sok(c *client) string {
	if c.shard.Version < smp.VersionServiceCerts {
		return "OK"
	}
	return "SOK"
}

func deld(c *client) string {
	if c != nil && c.shard.Version < smp.VersionDeletedEvent {
		return "END"
	}
	return "DELD"
}

func blockedText(c *client, e smp.Error) string {
	return string(smp.AppendError(nil, c.shard.Version, e))
}

func (q *modelQueue) first() *modelMessage {
	if len(q.messages) == 0 {
		return nil
	}
	return q.messages[0]
}

// drop removes the first message.
func (q *modelQueue) drop() {
	q.messages = q.messages[1:]
	q.full = q.full && len(q.messages) > 0
}

// expire deletes old messages up to a quota marker.
func (m *model) expire(q *modelQueue) {
	for q.first() != nil && !q.first().quota && q.first().time < m.now-m.ttl {
		q.drop()
	}
}

func (m *model) send(a *action) {
	q := a.queue
	switch {
	case a.tooLarge:
		m.answer(a, "LARGE_MSG")
		return
	case q.status == StatusOff:
		m.answer(a, "AUTH")
		return
	case q.status == StatusBlocked:
		m.answer(a, blockedText(a.client, q.blocked))
		return
	}
	if q.mode != smp.ModeContact && q.senderKey != nil {
		q.link = nil // it has served
	}
	if m.expireOnSend {
		m.expire(q)
	}
	message := &modelMessage{body: a.body, notify: a.notify, time: m.now}
	if q.full || len(q.messages) >= m.quota {
		if !q.full {
			q.messages, q.full = append(q.messages, &modelMessage{quota: true, time: m.now}), true
		}
		m.answer(a, "QUOTA")
		return
	}
	q.messages = append(q.messages, message)
	if q.ntf != nil && a.notify {
		q.pending = newest(append(q.pending, message))
	}
	if s := q.sub; len(q.messages) == 1 && s != nil && s.delivered == nil {
		s.ready = true
		m.deliver(q)
	}
	m.answer(a, "OK")
}

// deliver pushes the first message if its subscriber has room for it.
func (m *model) deliver(q *modelQueue) {
	s := q.sub
	if s == nil || !s.ready || s.client.stalled {
		return
	}
	s.ready = false
	if message := q.first(); message != nil {
		s.delivered = message
		m.out = append(m.out, expected{client: s.client, queue: q, entity: q.recipient, text: "MSG", message: message})
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
		m.tell(a.client, q.sub.client, q, q.recipient, "END")
	}
	q.sub = &modelSub{client: a.client, ready: len(q.messages) > 0}
	m.answer(a, sok(a.client))
}

func (m *model) get(a *action) {
	q := a.queue
	if q.sub != nil && q.sub.client == a.client {
		m.answer(a, "CMD PROHIBITED")
		return
	}
	s := &modelSub{client: a.client}
	q.gets[a.client] = s
	m.answerFirst(a, s)
}

// answerFirst answers with the first message, or OK.
func (m *model) answerFirst(a *action, s *modelSub) {
	if s.delivered = a.queue.first(); s.delivered == nil {
		m.answer(a, "OK")
		return
	}
	m.answer(a, "MSG").message = s.delivered
}

func (m *model) ack(a *action) {
	q := a.queue
	s := q.subOf(a.client)
	if s == nil || s.delivered == nil || a.message != nil && a.message != s.delivered {
		m.answer(a, "NO_MSG")
		return
	}
	if a.message != nil { // what is in front of it has come back after a failure
		for range slices.Index(q.messages, a.message) + 1 {
			q.drop()
		}
	}
	s.delivered = nil
	switch {
	case s != q.sub:
		m.answer(a, "OK")
	case a.client.stalled:
		s.ready = len(q.messages) > 0
		m.answer(a, "OK")
	default:
		m.answerFirst(a, s)
	}
}

// subOf is the connection's subscription, normal or by GET; nil without one.
func (q *modelQueue) subOf(c *client) *modelSub {
	if q.sub != nil && q.sub.client == c {
		return q.sub
	}
	return q.gets[c]
}

// secure answers KEY, SKEY and LKEY.
func (m *model) secure(a *action) {
	if k := a.queue.senderKey; k != nil && k != a.keys[0] {
		m.answer(a, "AUTH")
		return
	}
	a.queue.senderKey = a.keys[0]
	m.answer(a, "OK")
}

func (m *model) replaceKeys(a *action) {
	if a.queue.mode != smp.ModeContact {
		m.answer(a, "AUTH")
		return
	}
	a.queue.keys = a.keys
	m.answer(a, "OK")
}

func (m *model) del(a *action) {
	q := a.queue
	m.answer(a, "OK")
	m.erase(q, a.client)
}

// erase deletes a queue for a client, or for the operator.
func (m *model) erase(q *modelQueue, by *client) {
	if q.sub != nil {
		m.tell(by, q.sub.client, q, q.recipient, deld(q.sub.client))
	}
	m.endNotifierOf(q, by)
	q.gone, q.link, q.messages, q.sub, q.gets = true, nil, nil, nil, nil
}

func (m *model) info(a *action) {
	q := a.queue
	i := &modelInfo{first: q.first()}
	i.Secured, i.Notifier, i.Size = q.senderKey != nil, q.ntf != nil, len(q.messages)
	if s := q.subOf(a.client); s != nil {
		i.Sub, i.delivered = &smp.InfoSub{Thread: smp.SubThreadNone}, s.delivered
		switch {
		case s != q.sub:
			i.Sub.Thread = smp.SubThreadProhibit
		case s.ready && q.first() != nil:
			i.Sub.Thread = smp.SubThreadPending
		}
	}
	m.answer(a, "INFO").info = i
}

// block does what the operator wants: the zero error unblocks.
func (m *model) block(q *modelQueue, e smp.Error) {
	if e.IsZero() {
		if q.status == StatusBlocked {
			q.status = StatusActive
		}
		return
	}
	if q.status == StatusBlocked && q.blocked.Error() == e.Error() {
		return
	}
	q.status, q.blocked = StatusBlocked, e
	if q.sub != nil {
		m.tell(nil, q.sub.client, q, q.recipient, blockedText(q.sub.client, e))
	}
}

// closed ends a connection.
func (m *model) closed(c *client) {
	for _, q := range m.queues {
		if q.sub != nil && q.sub.client == c {
			q.sub = nil
		}
		if q.ntf != nil && q.ntf.sub == c {
			q.ntf.sub = nil
		}
		delete(q.gets, c)
	}
}
