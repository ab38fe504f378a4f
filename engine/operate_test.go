package engine_test

import (
	"bytes"
	"context"
	"testing"

	"switchyard/smp"
	"switchyard/smp/client"
)

// The operator sees connections, what they are subscribed to and how much they have asked for; a router that is drained keeps
// them, and takes no other.
func TestOperatorSeesConnections(t *testing.T) {
	r := startRouter(t)
	ctx := context.Background()
	dial := func() *client.Client {
		c, err := client.Dial(ctx, client.Defaults(r.address))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	first, second := dial(), dial()
	for range 3 {
		if _, err := first.NewQueue(ctx, client.QueueParams{Subscribe: true}); err != nil {
			t.Fatal(err)
		}
	}
	if err := second.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	all, err := r.Connections(ctx)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d connections, %v", len(all), err)
	}
	a, b := all[0], all[1]
	if a.Commands != 3 || a.Subscriptions != 3 || a.Notifiers != 0 || b.Commands != 1 || b.Subscriptions != 0 || a.State != "open" ||
		a.Number >= b.Number || a.Port != r.address.Port || len(a.SessionID) == 0 || bytes.Equal(a.SessionID, b.SessionID) {
		t.Errorf("%+v\n%+v", a, b)
	}
	if a.Created.IsZero() || a.Received.Before(a.Created) || a.Sent.Before(a.Created) {
		t.Errorf("created %v, received %v, sent %v", a.Created, a.Received, a.Sent)
	}
	r.Drain()
	if c, err := client.Dial(ctx, client.Defaults(r.address)); err == nil {
		c.Close()
		t.Error("a drained router takes a connection")
	}
	if err := first.Ping(ctx); err != nil || !r.Draining() {
		t.Error("a drained router has left its connections:", err)
	}
	q, err := first.NewQueue(ctx, client.QueueParams{Subscribe: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.BlockQueue(q.SenderID, smp.ErrBlocked(smp.BlockSpam, smp.Notice{})); err != nil {
		t.Error(err)
	}
	if ports := r.Ports(); len(ports) != 1 || ports[0].Port != r.address.Port || ports[0].Accepted != 2 || ports[0].Closed != 0 {
		t.Errorf("%+v", ports)
	}
}
