package shard

import (
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// testQueue is what clients know of a queue.
type testQueue struct {
	recipient, sender, notifier []byte
	key                         *box.PrivateKey // recipient's
	senderKey                   *box.PrivateKey // nil until secured
	notifierKey                 *box.PrivateKey
	secret                      [32]byte
}

// queueOptions say how a queue is made.
type queueOptions struct {
	mode      smp.QueueMode
	subscribe bool
	notifier  bool
	password  string
	alg       box.Alg // of the recipient's key; 0: another one each time
}

// newCommand makes NEW and the queue that will come of it.
func (r *router) newCommand(v smp.Version, o queueOptions) (text []byte, q *testQueue, dh *box.PrivateKey) {
	q = &testQueue{}
	if q.key = r.newKey(); o.alg != 0 {
		q.key = r.newKeyOf(o.alg)
	}
	dh = r.newKeyOf(box.X25519)
	key, dhKey := q.key.Public(), dh.Public()
	p := smp.NewParams{AuthKey: key.AppendSPKI(nil), DHKey: dhKey.AppendSPKI(nil), Subscribe: o.subscribe, Mode: o.mode}
	if o.password != "" {
		p.BasicAuth = []byte(o.password)
	}
	if o.notifier {
		q.notifierKey = r.newKey()
		ntf := q.notifierKey.Public()
		p.HasNtf, p.Ntf = true, smp.NKeyParams{Key: ntf.AppendSPKI(nil), DHKey: p.DHKey}
	}
	return smp.AppendNew(nil, v, &p), q, dh
}

// newQueue creates a queue.
func (c *client) newQueue(o queueOptions) *testQueue {
	c.r.t.Helper()
	text, q, dh := c.r.newCommand(c.shard.Version, o)
	m := c.do(q.key, nil, text)
	if m.tag != smp.RespIDs {
		c.r.t.Fatalf("NEW: %s", m.text())
	}
	q.created(c.r.t, c.shard.Version, &m, dh)
	return q
}

// created takes the answer to NEW.
func (q *testQueue) created(t testing.TB, v smp.Version, m *received, dh *box.PrivateKey) smp.IDs {
	ids, ok := smp.ParseIDs(v, m.params)
	if !ok || m.entity != "" {
		t.Fatalf("IDS of entity %q: %q", m.entity, m.params)
	}
	q.recipient, q.sender, q.notifier = ids.RecipientID, ids.SenderID, ids.Ntf.NotifierID
	theirs, err := box.ParseX25519(ids.DHKey)
	if err != nil {
		t.Fatal(err)
	}
	ours, _ := dh.X25519()
	if err := box.DH(&q.secret, ours, &theirs); err != nil {
		t.Fatal(err)
	}
	return ids
}

// open decrypts a delivered message.
func (q *testQueue) open(t testing.TB, m smp.Msg) smp.MessageBody {
	t.Helper()
	if len(m.Body) != smp.DeliveredSize || len(m.ID) != len(smp.ID{}) {
		t.Fatalf("message of %d bytes, ID of %d", len(m.Body), len(m.ID))
	}
	var subkey [32]byte
	box.Precompute(&subkey, &q.secret)
	nonce := [24]byte(m.ID)
	plain, ok := box.Open(append([]byte(nil), m.Body...), &nonce, &subkey)
	if !ok {
		t.Fatal("message does not open")
	}
	plain, err := box.Unpad(plain)
	if err != nil {
		t.Fatal(err)
	}
	body, ok := smp.ParseMessageBody(plain)
	if !ok {
		t.Fatal("message does not parse")
	}
	return body
}

// The commands, each with its response.

func (c *client) sub(q *testQueue) received { return c.do(q.key, q.recipient, smp.AppendSub(nil)) }
func (c *client) get(q *testQueue) received { return c.do(q.key, q.recipient, smp.AppendGet(nil)) }
func (c *client) off(q *testQueue) received { return c.do(q.key, q.recipient, smp.AppendOff(nil)) }
func (c *client) del(q *testQueue) received { return c.do(q.key, q.recipient, smp.AppendDel(nil)) }
func (c *client) que(q *testQueue) received { return c.do(q.key, q.recipient, smp.AppendQue(nil)) }

func (c *client) ack(q *testQueue, id []byte) received {
	return c.do(q.key, q.recipient, smp.AppendAck(nil, id))
}

// sendTo sends a message, signed when the queue is secured.
func (c *client) sendTo(q *testQueue, body string) received {
	return c.do(q.senderKey, q.sender, smp.AppendSend(nil, false, []byte(body)))
}

// secure gives KEY (recipient) or SKEY (sender) with a key.
func (c *client) secureKey(q *testQueue, k *box.PrivateKey) received {
	return c.do(q.key, q.recipient, smp.AppendKey(nil, spki(k)))
}

func (c *client) secureSKey(q *testQueue, entity []byte, k *box.PrivateKey) received {
	return c.do(k, entity, smp.AppendSKey(nil, spki(k)))
}

func spki(k *box.PrivateKey) []byte {
	public := k.Public()
	return public.AppendSPKI(nil)
}

// want checks the text of a response.
func want(t testing.TB, m received, text string) {
	t.Helper()
	if m.text() != text {
		t.Fatalf("got %s, want %s", m.text(), text)
	}
}

// wantMessage checks that m is a MSG with the body, in response to a command or as an event, and returns its ID.
func wantMessage(t testing.TB, q *testQueue, m received, body string, event bool) []byte {
	t.Helper()
	msg := m.msg(t)
	if event != (m.corr == "") || m.entity != string(q.recipient) {
		t.Fatalf("MSG with correlation ID %x for entity %x", m.corr, m.entity)
	}
	if got := q.open(t, msg); string(got.Body) != body || got.Quota {
		t.Fatalf("message %q (quota %v), want %q", got.Body, got.Quota, body)
	}
	return msg.ID
}

// wantEvent checks an event other than a message.
func wantEvent(t testing.TB, m received, text string, entity []byte) {
	t.Helper()
	if m.text() != text || m.corr != "" || m.entity != string(entity) {
		t.Fatalf("got %s (correlation ID %x, entity %x), want event %s of %x", m.text(), m.corr, m.entity, text, entity)
	}
}

// wantNothing checks that no event has arrived.
func wantNothing(t testing.TB, clients ...*client) {
	t.Helper()
	for _, c := range clients {
		if events := c.pending(); len(events) > 0 {
			t.Fatalf("%d unexpected events, the first %s", len(events), events[0].text())
		}
	}
}
