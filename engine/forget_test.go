package engine_test

import (
	"testing"

	"switchyard/smp/client"
)

// Of a connection that has ended nothing leads to its keys any more: neither those of TLS, nor of blocks, nor of the hello, nor
// the secret of forwarding; of one that a stopping router has left neither.
func TestEndedSessionForgetsItsKeys(t *testing.T) {
	r := startRouter(t)
	c := r.dial(t)
	q, err := c.NewQueue(testContext(t), client.QueueParams{Subscribe: true})
	if err != nil {
		t.Fatal(err)
	}
	stays := r.dial(t)
	exchange(t, stays, stays, 1)
	keys := r.Keys()
	if len(keys) != 2 {
		t.Fatal(len(keys), "sessions")
	}
	for _, k := range keys {
		if len(k.Held) != 6 {
			t.Fatalf("an open session has %q", k.Held)
		}
	}
	c.Close()
	until(t, "the end of the session", func() bool { return r.Stats().Open == 1 })
	if err := stays.Send(testContext(t), q.Sender(nil), false, []byte("x")); err != nil { // behind its end in both shards
		t.Fatal(err)
	}
	exchange(t, stays, stays, 5)
	r.halt(t)
	for _, k := range keys {
		for what, places := range k.Left() {
			t.Errorf("%s: %q", what, places)
		}
	}
}
