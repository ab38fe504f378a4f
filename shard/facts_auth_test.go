package shard

import (
	"crypto/ed25519"
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// The tests named TestFact… are the concrete cases of the protocol facts, section 10, by their numbers.

// TestFact06To16UnknownEntities has commands that name nothing, or lack what they need.
func TestFact06To16UnknownEntities(t *testing.T) {
	r := newRouter(t, testConfig())
	c := r.connect()
	unknown := []byte("12345678")
	missing := make([]byte, 24) // of the right size
	for _, alg := range []box.Alg{box.Ed25519, box.Ed448, box.X25519} {
		k := r.newKeyOf(alg)
		for _, test := range []struct {
			number int
			key    *box.PrivateKey
			entity []byte
			text   []byte
			want   string
		}{
			{6, k, unknown, smp.AppendKey(nil, spki(k)), "AUTH"},
			{6, k, missing, smp.AppendKey(nil, spki(k)), "AUTH"},
			{7, k, unknown, []byte("KEY"), "CMD SYNTAX"},
			{8, nil, unknown, smp.AppendKey(nil, spki(k)), "CMD NO_AUTH"},
			{9, k, nil, smp.AppendKey(nil, spki(k)), "CMD NO_AUTH"},
			{10, k, unknown, []byte("SUB"), "AUTH"},
			{10, k, missing, []byte("OFF"), "AUTH"},
			{10, k, missing, []byte("DEL"), "AUTH"},
			{11, k, unknown, []byte("SUB="), "CMD UNKNOWN"},
			{12, nil, unknown, []byte("SUB"), "CMD NO_AUTH"},
			{13, k, nil, []byte("SUB"), "CMD NO_AUTH"},
			{14, k, missing, []byte("SEND F hello"), "AUTH"},
			{14, nil, missing, []byte("SEND F hello"), "AUTH"},
			{15, k, missing, []byte("SEND"), "CMD SYNTAX"},
			{16, k, nil, []byte("SEND F hello"), "CMD NO_ENTITY"},
		} {
			m := c.do(test.key, test.entity, test.text)
			if m.text() != test.want || m.entity != string(test.entity) {
				t.Errorf("case %d, %v: %s of entity %x, want %s", test.number, alg, m.text(), m.entity, test.want)
			}
		}
	}
}

func TestFact20SignedSendToUnsecuredQueue(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{})
	want(t, bob.do(r.newKey(), q.sender, smp.AppendSend(nil, false, []byte("hello"))), "AUTH")
}

func TestFact21KeyWithWrongEntityOrSignature(t *testing.T) {
	r := newRouter(t, testConfig())
	alice := r.connect()
	q := alice.newQueue(queueOptions{mode: smp.ModeMessaging})
	k := r.newKey()
	want(t, alice.do(q.key, q.sender, smp.AppendKey(nil, spki(k))), "AUTH")
	want(t, alice.do(r.newKey(), q.recipient, smp.AppendKey(nil, spki(k))), "AUTH")
}

func TestFact22KeySecuresOnce(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	for _, mode := range []smp.QueueMode{smp.ModeUnset, smp.ModeMessaging, smp.ModeContact} {
		q := alice.newQueue(queueOptions{mode: mode})
		k := r.newKey()
		want(t, alice.secureKey(q, k), "OK")
		want(t, alice.secureKey(q, k), "OK")
		want(t, alice.secureKey(q, r.newKey()), "AUTH")
		want(t, bob.sendTo(q, "unsigned"), "AUTH")
		q.senderKey = k
		want(t, bob.sendTo(q, "signed"), "OK")
	}
}

func TestFact24SKeySecuresOnce(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{mode: smp.ModeMessaging})
	k := r.newKey()
	want(t, bob.secureSKey(q, q.recipient, k), "AUTH")
	want(t, bob.do(r.newKey(), q.sender, smp.AppendSKey(nil, spki(k))), "AUTH")
	want(t, bob.secureSKey(q, q.sender, k), "OK")
	want(t, bob.secureSKey(q, q.sender, r.newKey()), "AUTH")
	want(t, bob.secureSKey(q, q.sender, k), "OK")
}

func TestFact25SKeyOnContactQueue(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	for _, mode := range []smp.QueueMode{smp.ModeContact, smp.ModeUnset} {
		q := alice.newQueue(queueOptions{mode: mode})
		m := bob.secureSKey(q, q.sender, r.newKey())
		if want(t, m, "AUTH"); m.entity != string(q.sender) {
			t.Fatal("entity is not echoed")
		}
	}
}

func TestFact26RKeyReplacesKeys(t *testing.T) {
	r := newRouter(t, testConfig())
	alice := r.connect()
	q := alice.newQueue(queueOptions{mode: smp.ModeContact})
	que := func(k *box.PrivateKey) received { return alice.do(k, q.recipient, smp.AppendQue(nil)) }
	rkey := func(k *box.PrivateKey, keys ...[]byte) received {
		return alice.do(k, q.recipient, smp.AppendRKey(nil, keys...))
	}
	for range 3 { // each with other algorithms
		a, b := q.key, r.newKey()
		want(t, rkey(a, spki(a), spki(b)), "OK")
		want(t, que(a), "INFO")
		want(t, que(b), "INFO")
		want(t, rkey(b, spki(b)), "OK")
		want(t, que(a), "AUTH")
		want(t, rkey(b, spki(a), spki(b)), "OK")
		want(t, que(a), "INFO")
		r.restart()
		alice = r.connect()
		want(t, que(a), "INFO")
		want(t, rkey(a, spki(b)), "OK")
		want(t, que(a), "AUTH")
		want(t, que(b), "INFO")
		q.key = b
	}
	messaging := alice.newQueue(queueOptions{mode: smp.ModeMessaging})
	m := alice.do(messaging.key, messaging.recipient, smp.AppendRKey(nil, spki(messaging.key)))
	want(t, m, "AUTH")
}

func TestFact30NewQueues(t *testing.T) {
	cfg := testConfig()
	cfg.NewQueues = false
	r := newRouter(t, cfg)
	text, q, _ := r.newCommand(smp.CurrentVersion, queueOptions{})
	want(t, r.connect().do(q.key, nil, text), "AUTH")
}

func TestNewNeedsThePassword(t *testing.T) {
	cfg := testConfig()
	cfg.BasicAuth = "secret"
	r := newRouter(t, cfg)
	c := r.connect()
	for password, answer := range map[string]string{"": "AUTH", "guess": "AUTH", "secret": "IDS"} {
		text, q, _ := r.newCommand(smp.CurrentVersion, queueOptions{password: password})
		want(t, c.do(q.key, nil, text), answer)
	}
	open := newRouter(t, testConfig()).connect()
	open.newQueue(queueOptions{password: "any"})
}

// TestFact60WrongKeysCostAVerification counts what goes to the verifier: as much for a queue that does not exist, and for
// keys of another type, as for a wrong key.
func TestFact60WrongKeysCostAVerification(t *testing.T) {
	core := newTestCore(t, newFakeStore())
	client := core.connect()
	for _, alg := range []box.Alg{box.Ed25519, box.Ed448, box.X25519} {
		q := core.newQueue(client, alg)
		secured := core.newQueue(client, alg)
		core.do(client, secured.key, secured.recipient, smp.AppendKey(nil, spki(secured.key)))
		for _, auth := range []box.Alg{box.Ed25519, box.Ed448, box.X25519} {
			k := core.router.newKeyOf(auth)
			for _, test := range []struct {
				entity []byte
				text   string
			}{
				{q.recipient, "SUB"}, {make([]byte, 24), "SUB"}, {[]byte("short"), "SUB"}, {q.sender, "SUB"},
				{secured.sender, "SEND F x"}, {q.sender, "SEND F x"}, {make([]byte, 24), "SEND F x"},
				{make([]byte, 24), "NSUB"}, {[]byte("link"), string(smp.AppendLKey(nil, spki(k)))},
				{make([]byte, 24), string(smp.AppendSKey(nil, spki(k)))},
				{secured.sender, string(smp.AppendSKey(nil, spki(k)))},
			} {
				core.gatherOnly(client, k, test.entity, []byte(test.text))
				if n := core.verifier.Len(); n != 1 {
					t.Errorf("%v queue, %v key, %.4s: %d verifications", alg, auth, test.text, n)
				}
				if m := core.finish(); m.text() != "AUTH" {
					t.Errorf("%v queue, %v key, %.4s: %s", alg, auth, test.text, m.text())
				}
			}
		}
	}
}

func TestServiceCommandsOnPlainSession(t *testing.T) {
	r := newRouter(t, testConfig())
	c := r.connect()
	q := c.newQueue(queueOptions{mode: smp.ModeMessaging, notifier: true})
	none := smp.ServiceSubs{Hash: make([]byte, 16)}
	want(t, c.do(q.key, q.recipient, smp.AppendSubs(nil, smp.CurrentVersion, none)), "SERVICE") // fact 38
	want(t, c.do(q.key, q.recipient, smp.AppendNSubs(nil, smp.CurrentVersion, none)), "SERVICE")
	_, key, err := ed25519.GenerateKey(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		key    *box.PrivateKey
		entity []byte
		text   string
	}{
		{q.key, q.recipient, "SUB"}, {q.key, q.recipient, "ACK \x00"}, {q.notifierKey, q.notifier, "NSUB"},
	} {
		c.sendWithServiceSig(command{key: test.key, entity: test.entity, text: []byte(test.text)}, key)
		want(t, c.take(), "SERVICE") // fact 42
	}
}

// A queue has few keys, as each command of its recipient is verified with all of them.
func TestRKeyWithTooManyKeys(t *testing.T) {
	r := newRouter(t, testConfig())
	alice := r.connect()
	q := alice.newQueue(queueOptions{mode: smp.ModeContact})
	keys := [][]byte{spki(q.key)}
	for len(keys) < maxRecipientKeys {
		keys = append(keys, spki(r.newKey()))
	}
	rkey := func() received { return alice.do(q.key, q.recipient, smp.AppendRKey(nil, keys...)) }
	want(t, rkey(), "OK")
	for n := maxRecipientKeys + 1; n <= 255; n += 41 {
		for len(keys) < n {
			keys = append(keys, spki(r.newKey()))
		}
		want(t, rkey(), "CMD PROHIBITED")
	}
	want(t, alice.que(q), "INFO")
}
