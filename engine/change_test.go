package engine_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"switchyard/engine"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/smp/client"
	"switchyard/tls"
)

// leafOf is the leaf certificate in the router's hello to a new connection.
func (r *testRouter) leafOf(t *testing.T) []byte {
	t.Helper()
	return r.rawTLS(t).serverHello().CertKey.Chain[0]
}

// meanwhile is a connection whose client does something between the router's part of the TLS handshake and its own.
type meanwhile struct {
	net.Conn
	writes int
	do     func()
}

func (c *meanwhile) Write(b []byte) (int, error) {
	if c.writes++; c.writes == 2 {
		c.do()
	}
	return c.Conn.Write(b)
}

// TestChangeOfSettings: what an operator changes holds for connections that are there, and these stay.
func TestChangeOfSettings(t *testing.T) {
	ca, caKey, err := tls.IssueCA(tls.Ed25519, "SMP server CA", "SimpleX", time.Now())
	check(t, err)
	authority, err := tls.ParseKeyPair(ca, caKey)
	check(t, err)
	issue := func() *tls.KeyPair {
		leaf, key, err := tls.IssueLeaf(authority, tls.Ed25519, "127.0.0.1", time.Now())
		check(t, err)
		pair, err := tls.ParseKeyPair(append(leaf, ca...), key)
		check(t, err)
		return pair
	}
	first, second, third := issue(), issue(), issue()
	r := startRouter(t, func(c *engine.Config) {
		c.KeyPair, c.Identity = first, tls.Fingerprint(authority.Chain[0])
		c.Queues = shard.Config{NewQueues: true, BasicAuth: "one"}
	})
	ctx := testContext(t)
	c := r.dial(t)
	create := func(password string) error {
		_, err := c.NewQueue(ctx, client.QueueParams{BasicAuth: password})
		return err
	}
	q, err := c.NewQueue(ctx, client.QueueParams{BasicAuth: "one", Subscribe: true})
	check(t, err)
	if !bytes.Equal(r.leafOf(t), first.Chain[0]) {
		t.Error("the first certificate is not shown")
	}

	now := engine.Settings{KeyPair: second, Admission: shard.Admission{NewQueues: true, BasicAuth: "two"}}
	r.Change(now)
	if err := create("one"); !errors.Is(err, smp.ErrAuth) {
		t.Error("with the old password:", err)
	}
	check(t, create("two"))
	if !bytes.Equal(r.leafOf(t), second.Chain[0]) {
		t.Error("the second certificate is not shown")
	}

	config := client.Defaults(r.address)
	config.Connect = func(ctx context.Context, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		return &meanwhile{Conn: conn, do: func() {
			now.KeyPair = third
			r.Change(now)
		}}, err
	}
	between, err := client.Dial(ctx, config) // it checks the hello by the certificate of TLS
	check(t, err)
	defer between.Close()
	if !bytes.Equal(r.leafOf(t), third.Chain[0]) {
		t.Error("the third certificate is not shown")
	}

	now.Admission = shard.Admission{NewQueues: true}
	now.Limits.Subscriptions = 1
	r.Change(now)
	if _, err := c.NewQueue(ctx, client.QueueParams{Subscribe: true}); !errors.Is(err, smp.ErrStore("limit")) {
		t.Error("a second subscription of one:", err)
	}
	now.Admission.NewQueues, now.Limits.Subscriptions = false, 0
	now.Limits.MaxConnections = 1
	r.Change(now)
	if err := create(""); !errors.Is(err, smp.ErrAuth) {
		t.Error("new queues are off:", err)
	}
	if n, err := r.tcp(t).Read(make([]byte, 1)); n != 0 || err == nil {
		t.Error("more connections than may be are open")
	}
	check(t, c.Send(ctx, q.Sender(nil), false, []byte("still here")))
	if e := <-c.Events(); e.Kind != client.EventMessage || !bytes.Equal(e.Entity, q.ID) {
		t.Error("no message comes:", e.Kind, e.Err)
	}
	check(t, between.Ping(ctx))
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
