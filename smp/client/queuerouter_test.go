package client

import (
	"crypto/rand"
	"sync"

	"switchyard/box"
	"switchyard/smp"
)

// queueRouter is a script that keeps queues as a router does, with one lock and without limits. It verifies what
// clients send, so a test over it shows that authorizations are right.
type queueRouter struct {
	mu       sync.Mutex
	queues   map[string]*routerQueue // by recipient ID and sender ID
	verified box.Verifier
	password string
}

type routerQueue struct {
	id, senderID []byte
	keys         []box.PublicKey
	senderKey    box.PublicKey
	mode         smp.QueueMode
	secret       [box.KeySize]byte
	off          bool
	messages     []routerMessage
	subscriber   *routerConn
	delivered    bool
}

type routerMessage struct {
	id, sealed []byte
}

func newQueueRouter() *queueRouter { return &queueRouter{queues: make(map[string]*routerQueue)} }

// serve is the script.
func (r *queueRouter) serve(c *routerConn) {
	for {
		t, ok := c.next()
		if !ok {
			return
		}
		r.mu.Lock()
		r.handle(c, &t)
		r.mu.Unlock()
	}
}

func (r *queueRouter) handle(c *routerConn, t *smp.Transmission) {
	tag, params, e := smp.ParseCommand(c.version, t.Command)
	if e.IsZero() {
		e = smp.CheckCredentials(tag, len(t.Auth) > 0, len(t.EntityID) > 0)
	}
	var response []byte
	if e.IsZero() {
		response, e = r.command(c, t, tag, params)
	}
	if !e.IsZero() {
		response = smp.AppendErr(nil, c.version, e)
	}
	c.respond(t.CorrID, t.EntityID, response)
	if q := r.queues[string(t.EntityID)]; q != nil && (tag == smp.CmdSub || tag == smp.CmdSend) && e.IsZero() {
		r.push(q)
	}
}

func (r *queueRouter) command(c *routerConn, t *smp.Transmission, tag smp.CommandTag, params []byte) ([]byte, smp.Error) {
	switch tag {
	case smp.CmdPing:
		return smp.AppendPong(nil), smp.Error{}
	case smp.CmdNew:
		return r.create(c, t, params)
	}
	q := r.queues[string(t.EntityID)]
	if q == nil || (tag.Party() == smp.PartySender) != (string(t.EntityID) == string(q.senderID)) {
		return nil, smp.ErrAuth
	}
	switch tag {
	case smp.CmdSend:
		return r.sendTo(c, t, q, params)
	case smp.CmdSKey:
		der, _ := smp.ParseKey(params)
		key, _ := box.ParseSPKI(der)
		if q.mode != smp.ModeMessaging || !r.verify(c, t, key) {
			return nil, smp.ErrAuth
		}
		return q.secure(key)
	}
	if !r.verify(c, t, q.keys...) {
		return nil, smp.ErrAuth
	}
	return r.recipientCommand(c, q, tag, params)
}

// verify tells whether one of the keys has authorized the command.
func (r *queueRouter) verify(c *routerConn, t *smp.Transmission, keys ...box.PublicKey) bool {
	claim := box.Claim{
		Authorized: box.Authorized{SessionID: c.SessionID(), Signed: t.Signed, CorrID: t.CorrID},
		Auth:       t.Auth,
	}
	if c.private != nil {
		claim.SessionKey, _ = c.private.X25519()
	}
	r.verified.Reset()
	r.verified.AddDummy(&claim)
	for i := range keys {
		r.verified.AddCandidate(&keys[i])
	}
	r.verified.Run()
	return r.verified.Ok(0)
}

func (r *queueRouter) create(c *routerConn, t *smp.Transmission, params []byte) ([]byte, smp.Error) {
	p, _ := smp.ParseNew(c.version, params)
	key, _ := box.ParseAuthKey(p.AuthKey)
	if !r.verify(c, t, key) || string(p.BasicAuth) != r.password {
		return nil, smp.ErrAuth
	}
	clientKey, err := box.ParseX25519(p.DHKey)
	must(c.router.t, err)
	private, err := box.GenerateKey(box.X25519, rand.Reader)
	must(c.router.t, err)
	q := &routerQueue{id: random(24), senderID: random(24), keys: []box.PublicKey{key}, mode: p.Mode}
	scalar, _ := private.X25519()
	must(c.router.t, box.DH(&q.secret, scalar, &clientKey))
	if p.Subscribe {
		q.subscriber = c
	}
	r.queues[string(q.id)], r.queues[string(q.senderID)] = q, q
	public := private.Public()
	return smp.AppendIDs(nil, c.version, &smp.IDs{
		RecipientID: q.id, SenderID: q.senderID, DHKey: public.AppendSPKI(nil), Mode: p.Mode,
	}), smp.Error{}
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func (q *routerQueue) secure(key box.PublicKey) ([]byte, smp.Error) {
	if !q.senderKey.IsZero() && q.senderKey != key {
		return nil, smp.ErrAuth
	}
	q.senderKey = key
	return smp.AppendOK(nil), smp.Error{}
}

func (r *queueRouter) sendTo(c *routerConn, t *smp.Transmission, q *routerQueue, params []byte) ([]byte, smp.Error) {
	authorized := len(t.Auth) == 0
	if !q.senderKey.IsZero() {
		authorized = r.verify(c, t, q.senderKey)
	}
	p, _ := smp.ParseSend(params)
	switch {
	case !authorized || q.off:
		return nil, smp.ErrAuth
	case len(p.Body) > smp.MaxBody(c.version):
		return nil, smp.ErrLargeMsg
	}
	m := routerMessage{id: random(24), sealed: make([]byte, box.TagSize+smp.MessagePadded)}
	plain := smp.AppendMessageBody(m.sealed[box.TagSize+2:box.TagSize+2], 1700000000, p.Notify, p.Body)
	must(c.router.t, box.PadInPlace(m.sealed[box.TagSize:], len(plain)))
	var subkey [box.KeySize]byte
	box.Precompute(&subkey, &q.secret)
	box.Seal(m.sealed, (*[box.NonceSize]byte)(m.id), &subkey)
	q.messages = append(q.messages, m)
	return smp.AppendOK(nil), smp.Error{}
}

// push delivers the first message to the subscriber.
func (r *queueRouter) push(q *routerQueue) {
	if q.subscriber == nil || q.delivered || len(q.messages) == 0 {
		return
	}
	q.delivered = true
	m := q.messages[0]
	q.subscriber.respond(nil, q.id, smp.AppendMsg(nil, smp.Msg{ID: m.id, Body: m.sealed}))
}

func (r *queueRouter) recipientCommand(c *routerConn, q *routerQueue, tag smp.CommandTag, params []byte) ([]byte, smp.Error) {
	ok := smp.AppendOK(nil)
	switch tag {
	case smp.CmdSub:
		if q.subscriber != nil && q.subscriber != c {
			q.subscriber.respond(nil, q.id, smp.AppendEnd(nil))
		}
		q.subscriber, q.delivered = c, false
		return smp.AppendSOK(nil, c.version, nil), smp.Error{}
	case smp.CmdKey:
		der, _ := smp.ParseKey(params)
		key, _ := box.ParseSPKI(der)
		return q.secure(key)
	case smp.CmdRKey:
		list, _ := smp.ParseRKey(params)
		q.keys = nil
		for der := list.Next(); der != nil; der = list.Next() {
			key, _ := box.ParseSPKI(der)
			q.keys = append(q.keys, key)
		}
		return ok, smp.Error{}
	case smp.CmdOff:
		q.off = true
		return ok, smp.Error{}
	case smp.CmdDel:
		delete(r.queues, string(q.id))
		delete(r.queues, string(q.senderID))
		if q.subscriber != nil && q.subscriber != c {
			q.subscriber.respond(nil, q.id, smp.AppendDeld(nil, c.version))
		}
		return ok, smp.Error{}
	case smp.CmdQue:
		return smp.AppendInfo(nil, &smp.Info{Secured: !q.senderKey.IsZero(), Size: len(q.messages)}), smp.Error{}
	case smp.CmdGet:
		return q.head(), smp.Error{}
	case smp.CmdAck:
		id, _ := smp.ParseAck(params)
		if len(q.messages) == 0 || string(id) != string(q.messages[0].id) {
			return nil, smp.ErrNoMsg
		}
		q.messages = q.messages[1:]
		q.delivered = len(q.messages) > 0
		return q.head(), smp.Error{}
	}
	return nil, smp.ErrCmdProhibited
}

// head is the first message as a response, OK when there is none.
func (q *routerQueue) head() []byte {
	if len(q.messages) == 0 {
		return smp.AppendOK(nil)
	}
	return smp.AppendMsg(nil, smp.Msg{ID: q.messages[0].id, Body: q.messages[0].sealed})
}
