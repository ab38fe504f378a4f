package shard

import (
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// A deleted queue leaves no key and no secret in memory, and commands of the same drain that name it are refused, as
// those are whose keys a command before has changed.
func TestDeletedQueueForgetsItsKeys(t *testing.T) {
	c := newTestCore(t, newFakeStore())
	client := c.connect()
	text, q, dh := c.router.newCommand(smp.CurrentVersion, queueOptions{mode: smp.ModeMessaging, alg: box.Ed25519, notifier: true})
	c.runDrain(c.batch(client, q.key, nil, text))
	m := client.take()
	q.created(t, smp.CurrentVersion, &m, dh)
	made := c.cache.byRecipient[smp.ID(q.recipient)]
	if made.secret == ([32]byte{}) || made.recipientKey.raw == ([32]byte{}) || made.notifier().Secret == ([32]byte{}) {
		t.Fatal("the queue has no keys")
	}
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
	if made.secret != ([32]byte{}) || made.recipientKey.raw != ([32]byte{}) || made.senderKey.raw != ([32]byte{}) ||
		made.notifier().Secret != ([32]byte{}) {
		t.Error("keys of the deleted queue are in memory")
	}
}
