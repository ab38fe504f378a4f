package shard

import (
	"reflect"
	"strings"
	"testing"

	"switchyard/box"
	"switchyard/internal/remains"
	"switchyard/smp"
)

// left tells where in the shard's memory a secret is. What the store holds is the store's, and what clients hold theirs.
// Public keys may be in the scratch memory of the last verifications.
func (c *testCore) left(what string, secret []byte) []string {
	beyond := []reflect.Type{reflect.TypeFor[Store](), reflect.TypeFor[Tx](), reflect.TypeFor[Client]()}
	if strings.HasSuffix(what, "'s key") {
		beyond = append(beyond, reflect.TypeFor[box.Verifier]())
	}
	return remains.Of(secret, c.core, beyond...)
}

// secretsOf are the keys and secrets that the shard has of a queue and of the session of its sender, by what they are.
func (c *testCore) secretsOf(q *testQueue, sender *client) map[string][]byte {
	made := c.cache.byRecipient[smp.ID(q.recipient)]
	ntf := made.notifier()
	public := func(k *box.PrivateKey) []byte {
		p := k.Public()
		return append([]byte(nil), p.Bytes()...)
	}
	senderKey := q.senderKey.Public()
	raw, _ := senderKey.X25519()
	var shared [32]byte
	_ = box.DH(&shared, &sender.shard.SecretKey, raw)
	return map[string][]byte{
		"secret of bodies":        append([]byte(nil), made.secret[:]...),
		"recipient's key":         public(q.key),
		"sender's key":            public(q.senderKey),
		"secret of notifications": append([]byte(nil), ntf.Secret[:]...),
		"notifier's key":          public(q.notifierKey),
		"secret of the session":   shared[:],
	}
}

// securedQueue makes a queue with all kinds of keys, one message in it.
func (c *testCore) securedQueue(owner, sender *client, alg box.Alg, mode smp.QueueMode) *testQueue {
	text, q, dh := c.router.newCommand(smp.CurrentVersion, queueOptions{mode: mode, alg: alg, notifier: true})
	c.runDrain(c.batch(owner, q.key, nil, text))
	m := owner.take()
	q.created(c.router.t, smp.CurrentVersion, &m, dh)
	q.senderKey = c.router.newKeyOf(box.X25519)
	want(c.router.t, c.do(owner, q.key, q.recipient, smp.AppendKey(nil, spki(q.senderKey))), "OK")
	want(c.router.t, c.do(sender, q.senderKey, q.sender, smp.AppendSend(nil, false, []byte("x"))), "OK")
	return q
}

// What ends in each way, and of which kind the recipient's key is.
func TestQueueForgetsItsKeys(t *testing.T) {
	for name, end := range map[string]func(c *testCore, owner *client, q *testQueue){
		"deleted": func(c *testCore, owner *client, q *testQueue) {
			want(c.router.t, c.do(owner, q.key, q.recipient, smp.AppendDel(nil)), "OK")
		},
		"evicted": func(c *testCore, owner *client, q *testQueue) {
			c.cache.limit = 0
			for range 2 { // as many passes of the hand
				c.runDrain()
			}
		},
		"read again after a failure": func(c *testCore, owner *client, q *testQueue) {
			c.enter(c.epoch, losses{queues: []smp.ID{smp.ID(q.recipient)}})
			c.runDrain()
		},
	} {
		for _, alg := range []box.Alg{box.Ed25519, box.X25519, box.Ed448} {
			t.Run(name+", "+alg.String(), func(t *testing.T) {
				c := newTestCore(t, newFakeStore())
				owner, sender := c.connect(), c.connect()
				q := c.securedQueue(owner, sender, alg, smp.ModeMessaging)
				secrets := c.secretsOf(q, sender)
				for what, secret := range secrets {
					if len(c.left(what, secret)) == 0 {
						t.Fatal("the shard has never had the", what)
					}
				}
				end(c, owner, q)
				if c.cache.byRecipient[smp.ID(q.recipient)] != nil {
					t.Fatal("the queue is in memory")
				}
				for what, secret := range secrets {
					if places := c.left(what, secret); len(places) > 0 {
						t.Errorf("%s is in memory: %q", what, places)
					}
				}
			})
		}
	}
}

// A queue that is read again after a failed commit has its keys once: those that it had before are gone.
func TestRefilledQueueHasItsKeysOnce(t *testing.T) {
	c := newTestCore(t, newFakeStore())
	owner, sender := c.connect(), c.connect()
	q := c.securedQueue(owner, sender, box.X25519, smp.ModeMessaging)
	secrets := c.secretsOf(q, sender)
	want(t, c.do(owner, q.key, q.recipient, smp.AppendSub(nil)), "SOK")
	before := *c.cache.byRecipient[smp.ID(q.recipient)]
	c.enter(c.epoch, losses{queues: []smp.ID{smp.ID(q.recipient)}})
	c.runDrain()
	if c.cache.byRecipient[smp.ID(q.recipient)] == nil {
		t.Fatal("the queue is not in memory")
	}
	for what, secret := range secrets {
		if places := remains.Of(secret, before.rare, reflect.TypeFor[queue]()); len(places) > 0 {
			t.Errorf("%s is in memory: %q", what, places)
		}
	}
}

// Keys that are replaced are gone.
func TestReplacedKeysAreForgotten(t *testing.T) {
	c := newTestCore(t, newFakeStore())
	owner, sender := c.connect(), c.connect()
	for name, test := range map[string]struct {
		replace func(q *testQueue) []byte
		gone    []string
	}{
		"RKEY": {func(q *testQueue) []byte {
			return smp.AppendRKey(nil, spki(c.router.newKeyOf(box.Ed448)), spki(c.router.newKeyOf(box.X25519)))
		}, []string{"recipient's key"}},
		"NKEY": {func(q *testQueue) []byte {
			return smp.AppendNKey(nil, smp.NKeyParams{Key: spki(c.router.newKeyOf(box.X25519)), DHKey: spki(c.router.newKeyOf(box.X25519))})
		}, []string{"notifier's key", "secret of notifications"}},
		"NDEL": {func(q *testQueue) []byte { return smp.AppendNDel(nil) }, []string{"notifier's key", "secret of notifications"}},
	} {
		q := c.securedQueue(owner, sender, box.X25519, smp.ModeContact)
		secrets := c.secretsOf(q, sender)
		if m := c.do(owner, q.key, q.recipient, test.replace(q)); m.tag == smp.RespErr {
			t.Fatal(name, m.text())
		}
		for _, what := range test.gone {
			if places := c.left(what, secrets[what]); len(places) > 0 {
				t.Errorf("%s: %s is in memory: %q", name, what, places)
			}
		}
		if len(c.left("secret", secrets["secret of bodies"])) == 0 {
			t.Errorf("%s: the secret of bodies is gone, too", name)
		}
	}
}

// Of a connection that has ended the shard has neither the private key nor a secret that was made with it.
func TestSessionForgetsItsSecrets(t *testing.T) {
	c := newTestCore(t, newFakeStore())
	owner, sender := c.connect(), c.connect()
	q := c.securedQueue(owner, sender, box.X25519, smp.ModeMessaging)
	secrets := c.secretsOf(q, sender)
	private := append([]byte(nil), sender.shard.SecretKey[:]...)
	last := c.batch(sender, q.senderKey, q.sender, smp.AppendSend(nil, false, []byte("x")))
	sender.shard.End() // commands are still on their way
	c.runDrain(last, NewBatch(BatchClosed, sender.shard))
	want(t, sender.take(), "OK")
	for what, secret := range map[string][]byte{"secret": secrets["secret of the session"], "private key": private} {
		if places := append(c.left(what, secret), remains.Of(secret, sender.shard, reflect.TypeFor[Loop](), reflect.TypeFor[any]())...); len(places) > 0 {
			t.Errorf("%s is in memory: %q", what, places)
		}
	}
	if len(c.left("secret", secrets["secret of bodies"])) == 0 {
		t.Error("the secret of bodies is gone, too")
	}
	NewBatch(BatchResume, sender.shard).release() // of a timer
}

// Commands of the drain that deletes a queue are refused, as are those whose keys a command before has changed.
func TestCommandsBehindDeletionAreRefused(t *testing.T) {
	c := newTestCore(t, newFakeStore())
	client := c.connect()
	text, q, dh := c.router.newCommand(smp.CurrentVersion, queueOptions{mode: smp.ModeMessaging, alg: box.Ed25519, notifier: true})
	c.runDrain(c.batch(client, q.key, nil, text))
	m := client.take()
	q.created(t, smp.CurrentVersion, &m, dh)
	key := c.router.newKeyOf(box.Ed25519)
	c.runDrain(
		c.batch(client, q.key, q.recipient, smp.AppendKey(nil, spki(key))),
		c.batch(client, q.key, q.recipient, smp.AppendDel(nil)),
		c.batch(client, key, q.sender, smp.AppendSend(nil, false, nil)),
		c.batch(client, q.key, q.recipient, smp.AppendSub(nil)),
	)
	for _, answer := range []string{"OK", "OK", "AUTH", "AUTH"} {
		want(t, client.take(), answer)
	}
}

// Of what a lookup has found no key and no secret stays with the lookup, also when there is a queue with them in memory.
func TestLookupForgetsWhatItFound(t *testing.T) {
	secret := func(b byte) (s [32]byte) { s[0] = b; return s }
	key := func() []byte { return []byte("key") }
	found := &Loaded{Record: Record{
		Secret: secret(1), RecipientKeys: [][]byte{key(), key()}, SenderKey: key(),
		Notifier: &Notifier{Secret: secret(2)},
	}}
	l := Lookup{Found: found}
	l.forget()
	r := &found.Record
	for what, b := range map[string][]byte{
		"secret": r.Secret[:], "first recipient's key": r.RecipientKeys[0], "second recipient's key": r.RecipientKeys[1],
		"sender's key": r.SenderKey, "notifier's secret": r.Notifier.Secret[:],
	} {
		for _, left := range b {
			if left != 0 {
				t.Errorf("%s is left: %q", what, b)
				break
			}
		}
	}
}

// What was made of a notifier's key and the session that used it is gone with the notifier.
func TestNotifierSecretOfASessionIsForgotten(t *testing.T) {
	c := newTestCore(t, newFakeStore())
	owner, ntf := c.connect(), c.connect()
	q := c.securedQueue(owner, owner, box.X25519, smp.ModeMessaging)
	q.notifierKey = c.router.newKeyOf(box.X25519)
	m := c.do(owner, q.key, q.recipient, smp.AppendNKey(nil, smp.NKeyParams{Key: spki(q.notifierKey), DHKey: spki(c.router.newKeyOf(box.X25519))}))
	nid, ok := smp.ParseNID(m.params)
	if !ok {
		t.Fatal(m.text())
	}
	want(t, c.do(ntf, q.notifierKey, nid.NotifierID, smp.AppendNSub(nil)), "SOK")
	public := q.notifierKey.Public()
	raw, _ := public.X25519()
	var shared [32]byte
	_ = box.DH(&shared, &ntf.shard.SecretKey, raw)
	if len(c.left("secret", shared[:])) == 0 {
		t.Fatal("the shard has never had the secret")
	}
	want(t, c.do(owner, q.key, q.recipient, smp.AppendNDel(nil)), "OK")
	if places := c.left("secret", shared[:]); len(places) > 0 {
		t.Errorf("the secret is in memory: %q", places)
	}
}
