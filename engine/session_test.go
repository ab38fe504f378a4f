package engine_test

import (
	"fmt"
	"testing"

	"switchyard/engine"
	"switchyard/smp"
	"switchyard/smp/client"
	"switchyard/tls"
)

// Every version, each with encrypted and with plain blocks where the client has the choice.
func TestSessionOfEveryVersion(t *testing.T) {
	r := startRouter(t)
	for v := smp.MinVersion; v <= smp.CurrentVersion; v++ {
		for _, encrypted := range []bool{false, true} {
			t.Run(fmt.Sprintf("v%d encrypted=%v", v, encrypted), func(t *testing.T) {
				plain := func(c *client.Config) { c.BlockEncryption = encrypted }
				rcv, snd := r.dial(t, version(v), plain), r.dial(t, version(v), plain)
				if rcv.Version() != v {
					t.Fatalf("version %d agreed, want %d", rcv.Version(), v)
				}
				if want := encrypted && v >= smp.VersionEncryptedBlock; rcv.Encrypted() != want {
					t.Fatalf("blocks encrypted: %v, want %v", rcv.Encrypted(), want)
				}
				exchange(t, rcv, snd, 3)
			})
		}
	}
}

// Without ALPN the router offers version 6 alone, as the reference does.
func TestSessionWithoutALPN(t *testing.T) {
	r := startRouter(t)
	c := r.dial(t, func(c *client.Config) { c.ALPN = false })
	if c.Version() != 6 {
		t.Fatalf("version %d agreed, want 6", c.Version())
	}
	exchange(t, c, c, 2)
}

// Each key exchange group and each certificate algorithm.
func TestSessionOfEachProfile(t *testing.T) {
	for _, scheme := range []tls.SignatureScheme{tls.Ed25519, tls.Ed448} {
		r := startRouter(t, func(c *engine.Config) { c.KeyPair, c.Identity = certificates(t, scheme) })
		for _, group := range []tls.Group{tls.X25519, tls.X448} {
			t.Run(fmt.Sprintf("certificate %#x group %#x", scheme, group), func(t *testing.T) {
				c := r.dial(t, func(c *client.Config) { c.Groups = []tls.Group{group} })
				exchange(t, c, c, 1)
			})
		}
	}
}

// What was stored and not acknowledged is there after a restart.
func TestRestart(t *testing.T) {
	r := startRouter(t)
	ctx := testContext(t)
	rcv, snd := r.dial(t), r.dial(t)
	q, err := rcv.NewQueue(ctx, client.QueueParams{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := snd.Send(ctx, q.Sender(nil), false, []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	r.halt(t)
	r.start(t)
	rcv = r.dial(t)
	if err := rcv.Subscribe(ctx, q); err != nil {
		t.Fatal(err)
	}
	m := receive(t, rcv, q)
	for i := range 3 {
		if len(m.Body) != 1 || m.Body[0] != byte(i) {
			t.Fatalf("message %d has body %v", i, m.Body)
		}
		next, err := rcv.Ack(ctx, q, m.ID)
		if err != nil || (next == nil) != (i == 2) {
			t.Fatalf("ACK of message %d: next %v, error %v", i, next, err)
		}
		if next != nil {
			m = *next
		}
	}
}
