package engine_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/smp/client"
	"switchyard/tls"
)

// credentials makes those of a new service.
func credentials(t testing.TB, role smp.ServiceRole) *client.ServiceCredentials {
	t.Helper()
	pair, err := client.NewServiceCertificate("a service", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return &client.ServiceCredentials{KeyPair: pair, Role: role}
}

func service(s *client.ServiceCredentials) func(*client.Config) {
	return func(c *client.Config) { c.Service = s }
}

// dialService opens a session of a service.
func (r *testRouter) dialService(t testing.TB, s *client.ServiceCredentials, change ...func(*client.Config)) *client.Client {
	t.Helper()
	c := r.dial(t, append(slices.Clone(change), service(s))...)
	if len(c.ServiceID()) != len(smp.ID{}) {
		t.Fatalf("service ID of %d bytes", len(c.ServiceID()))
	}
	return c
}

// subs subscribes the queues of a service, which must be these.
func subs(t testing.TB, c *client.Client, ids ...[]byte) {
	t.Helper()
	var hash box.IDsHash
	for _, id := range ids {
		hash.Toggle(id)
	}
	want := smp.ServiceSubs{Count: int64(len(ids)), Hash: hash[:]}
	got, err := c.SubscribeService(testContext(t), want)
	if err != nil {
		t.Fatal("SUBS:", err)
	}
	if got.Count != want.Count || string(got.Hash) != string(want.Hash) {
		t.Fatalf("%d queues, want %d", got.Count, want.Count)
	}
}

// The life of a service: queues in one session, messages while it is away, a restart, all of them with one SUBS.
func TestServiceReceivesAllQueuesAfterRestart(t *testing.T) {
	const queues = 40 // more than a delivery window
	r := startRouter(t)
	s := credentials(t, smp.RoleMessaging)
	ctx := testContext(t)
	first := r.dialService(t, s)
	id := string(first.ServiceID())
	var all []*client.RcvQueue
	var ids [][]byte
	for range queues {
		q, err := first.NewQueue(ctx, client.QueueParams{Subscribe: true})
		if err != nil {
			t.Fatal(err)
		}
		all, ids = append(all, q), append(ids, q.ID)
	}
	if _, err := first.NewQueue(ctx, client.QueueParams{}); !errors.Is(err, smp.ErrCmdProhibited) {
		t.Fatal("NEW that only creates:", err)
	}
	first.Close()
	sender := r.dial(t)
	for i, q := range all {
		if err := sender.Send(ctx, q.Sender(nil), false, []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	r.halt(t)
	r.start(t)

	c := r.dialService(t, s)
	if string(c.ServiceID()) != id {
		t.Fatal("another service ID after a restart")
	}
	subs(t, c, ids...)
	got := map[string]bool{}
	for e := event(t, c); e.Tag != smp.RespAlls; e = event(t, c) {
		i := slices.IndexFunc(all, func(q *client.RcvQueue) bool { return string(q.ID) == string(e.Entity) })
		if i < 0 || got[string(e.Entity)] {
			t.Fatalf("event %v %v", e.Kind, e.Err)
		}
		m, err := all[i].Open(e.MsgID, e.Body)
		if err != nil || len(m.Body) != 1 || m.Body[0] != byte(i) {
			t.Fatalf("message %x of queue %d: %v", m.Body, i, err)
		}
		got[string(e.Entity)] = true
	}
	if len(got) != queues {
		t.Fatalf("%d messages before ALLS", len(got))
	}

	// Another session takes the service over.
	two := r.dialService(t, s)
	if err := two.Subscribe(ctx, all[0]); err != nil {
		t.Fatal("SUB:", err)
	}
	receive(t, two, all[0])
	e := event(t, c)
	ended, ok := e.Ended()
	if !ok || ended.Count != queues {
		t.Fatalf("ENDS %v of %d queues", ok, ended.Count)
	}
	plain := r.dial(t)
	if err := plain.Subscribe(ctx, all[0]); err != nil {
		t.Fatal("SUB:", err)
	}
	receive(t, plain, all[0])
	if e = event(t, two); e.Kind != client.EventEnd || string(e.Entity) != string(all[0].ID) {
		t.Fatalf("event %v, want END", e.Kind)
	}
	subs(t, two, ids[1:]...)
}

// Services of every role, with every way to connect that has them.
func TestServiceHello(t *testing.T) {
	r := startRouter(t)
	ed448, _ := certificates(t, tls.Ed448)
	for name, test := range map[string]struct {
		credentials *client.ServiceCredentials
		change      func(*client.Config)
	}{
		"messaging":           {credentials(t, smp.RoleMessaging), version(19)},
		"notifier":            {credentials(t, smp.RoleNotifier), version(19)},
		"notifier, version16": {credentials(t, smp.RoleNotifier), version(16)},
		"proxy":               {credentials(t, smp.RoleProxy), version(19)},
		"chain of 2":          {&client.ServiceCredentials{KeyPair: ed448, Role: smp.RoleMessaging}, version(19)},
		"plain blocks":        {credentials(t, smp.RoleNotifier), func(c *client.Config) { c.BlockEncryption = false }},
	} {
		t.Run(name, func(t *testing.T) {
			one := r.dialService(t, test.credentials, test.change)
			two := r.dialService(t, test.credentials, test.change)
			if string(one.ServiceID()) != string(two.ServiceID()) {
				t.Error("the service has two IDs")
			}
			if err := two.Ping(testContext(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// An older client of the reference does not say that it is a messaging service.
func TestServiceOfOlderVersionIsAPlainSession(t *testing.T) {
	r := startRouter(t)
	c := r.dial(t, version(18), service(credentials(t, smp.RoleMessaging)))
	if c.ServiceID() != nil {
		t.Error("a service")
	}
	exchange(t, c, r.dial(t), 1)
}

func TestServiceRefused(t *testing.T) {
	r := startRouter(t)
	s := credentials(t, smp.RoleMessaging)
	r.dialService(t, s)
	cfg := client.Defaults(r.address)
	cfg.Service = &client.ServiceCredentials{KeyPair: s.KeyPair, Role: smp.RoleNotifier}
	_, err := client.Dial(testContext(t), cfg)
	if !errors.Is(err, client.ErrServiceRefused) || !errors.Is(err, smp.TransportBadService) {
		t.Error("another role:", err)
	}
}

// A hello whose certificate or key is not what TLS has shown.
func TestServiceHelloThatDoesNotMatch(t *testing.T) {
	r := startRouter(t)
	mine, other := credentials(t, smp.RoleMessaging).KeyPair, credentials(t, smp.RoleMessaging).KeyPair
	key := func(alg box.Alg) []byte {
		k, err := client.NewKey(alg)
		if err != nil {
			t.Fatal(err)
		}
		return k.SPKI()
	}
	signed := func(by *tls.KeyPair, alg box.Alg) []byte {
		b, err := box.AppendSignedKey(nil, key(alg), by.Sign)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	withMine := []*tls.KeyPair{mine}
	good := signed(mine, box.Ed25519)
	for name, test := range map[string]struct {
		inTLS []*tls.KeyPair
		hello smp.CertKey
		want  smp.TransportError
	}{
		"right":                   {withMine, smp.CertKey{Chain: mine.Chain, SignedKey: good}, 0},
		"no certificate":          {nil, smp.CertKey{Chain: mine.Chain, SignedKey: good}, smp.TransportBadAuth},
		"another certificate":     {withMine, smp.CertKey{Chain: other.Chain, SignedKey: signed(other, box.Ed25519)}, smp.TransportBadAuth},
		"longer chain":            {withMine, smp.CertKey{Chain: append(slices.Clone(mine.Chain), other.Chain...), SignedKey: good}, smp.TransportBadAuth},
		"signed by another":       {withMine, smp.CertKey{Chain: mine.Chain, SignedKey: signed(other, box.Ed25519)}, smp.TransportBadAuth},
		"key that cannot sign":    {withMine, smp.CertKey{Chain: mine.Chain, SignedKey: signed(mine, box.X25519)}, smp.TransportBadAuth},
		"Ed448 key":               {withMine, smp.CertKey{Chain: mine.Chain, SignedKey: signed(mine, box.Ed448)}, smp.TransportBadAuth},
		"key that does not parse": {withMine, smp.CertKey{Chain: mine.Chain, SignedKey: []byte{0x30, 3, 1}}, smp.TransportBadAuth},
	} {
		t.Run(name, func(t *testing.T) {
			c := r.rawTLS(t, test.inTLS...)
			c.version, c.sessionID = 19, c.serverHello().SessionID
			c.send(smp.AppendClientHello(nil, &smp.ClientHello{
				Version: 19, KeyHash: r.address.KeyHash[:], Service: &smp.ServiceHello{Role: smp.RoleMessaging, CertKey: test.hello},
			}))
			reply, ok := smp.ParseServiceReply(c.receive())
			if !ok || reply.Err != test.want || (reply.ServiceID == nil) == (test.want == 0) {
				t.Fatalf("reply %x %v, want %v", reply.ServiceID, reply.Err, test.want)
			}
			if test.want != 0 {
				c.closed()
			}
		})
	}
}

// What the role of a service does not let it do.
func TestServiceRoles(t *testing.T) {
	r := startRouter(t)
	ctx := testContext(t)
	q, err := r.dial(t).NewQueue(ctx, client.QueueParams{Subscribe: true})
	if err != nil {
		t.Fatal(err)
	}
	prxy := client.Raw(nil, nil, smp.AppendPRXY(nil, &smp.PRXYParams{Server: r.address}))
	for _, test := range []struct {
		role    smp.ServiceRole
		command client.Command
		want    smp.Error
	}{
		{smp.RoleNotifier, prxy, smp.ErrCmdProhibited},
		{smp.RoleMessaging, prxy, smp.ErrProxyBasicAuth},
		{smp.RoleMessaging, client.Raw(nil, nil, []byte("RFWD x")), smp.ErrCmdProhibited},
		{smp.RoleNotifier, q.Que(), smp.ErrCmdProhibited},
		{smp.RoleProxy, q.Que(), smp.ErrCmdProhibited},
		{smp.RoleNotifier, q.Sub(), smp.ErrCmdProhibited},
		{smp.RoleNotifier, q.Sender(nil).Send(false, nil), smp.ErrCmdProhibited},
		{smp.RoleMessaging, client.NSub(q.Key, q.ID), smp.ErrAuth}, // there is no such notifier, which comes first
	} {
		c := r.dialService(t, credentials(t, test.role))
		if _, err := c.Call(ctx, test.command); !errors.Is(err, test.want) {
			t.Errorf("role %c: %v, want %v", test.role, err, test.want)
		}
	}
}
