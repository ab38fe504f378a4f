package shard

import (
	"testing"

	"switchyard/smp"
)

func TestFirst(t *testing.T) {
	r := newRouter(t, testConfig())
	alice, bob := r.connect(), r.connect()
	q := alice.newQueue(queueOptions{mode: smp.ModeMessaging, subscribe: true})
	want(t, bob.sendTo(q, "hello"), "OK")
	id := wantMessage(t, q, alice.event(), "hello", true)
	want(t, alice.ack(q, id), "OK")
	want(t, alice.ack(q, id), "NO_MSG")
	wantNothing(t, alice, bob)
}
