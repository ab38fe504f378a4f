package shard

import (
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// When chance has nothing but IDs that are taken, NEW fails: no queue is replaced by another one.
func TestNewWithoutAFreeID(t *testing.T) {
	c := newTestCore(t, newFakeStore())
	owner, other := c.connect(), c.connect()
	chance := c.random
	c.random = func(b []byte) { clear(b) }
	q := c.newQueue(owner, box.Ed25519)
	text, stranger, _ := c.router.newCommand(smp.CurrentVersion, queueOptions{mode: smp.ModeMessaging, alg: box.Ed25519})
	want(t, c.do(other, stranger.key, nil, text), "INTERNAL")
	c.random = chance
	want(t, c.do(owner, q.key, q.recipient, smp.AppendSub(nil)), "SOK")
	want(t, c.do(other, stranger.key, q.recipient, smp.AppendSub(nil)), "AUTH")
	c.newQueue(other, box.Ed25519)
}
