package shard

import (
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// FuzzCommands gives a core two commands as they come off the wire, under the identifiers and keys of real queues, of
// which one is secured and holds a message. Each is answered once, whatever is in it.
func FuzzCommands(f *testing.F) {
	r := newTestCore(f, newFakeStore()).router
	newText, _, _ := r.newCommand(smp.CurrentVersion, queueOptions{})
	for i, text := range [][]byte{
		newText, smp.AppendSub(nil), smp.AppendKey(nil, spki(r.newKey())), smp.AppendSend(nil, true, []byte("body")),
		smp.AppendAck(nil, make([]byte, 24)), smp.AppendGet(nil), smp.AppendOff(nil), smp.AppendDel(nil), smp.AppendQue(nil),
	} {
		f.Add(byte(i), text, byte(1), smp.AppendSub(nil))
		f.Add(byte(2), text, byte(i), smp.AppendSend(nil, false, []byte("x")))
	}
	f.Fuzz(func(t *testing.T, choice1 byte, text1 []byte, choice2 byte, text2 []byte) {
		c := newTestCore(t, newFakeStore())
		client := c.connect()
		open, secured := c.newQueue(client, box.X25519), c.newQueue(client, box.Ed25519)
		sender := c.router.newKey()
		c.do(client, secured.key, secured.recipient, smp.AppendKey(nil, spki(sender)))
		c.do(client, sender, secured.sender, smp.AppendSend(nil, true, []byte("waits")))
		choose := func(choice byte) (*box.PrivateKey, []byte) {
			keys := []*box.PrivateKey{nil, open.key, secured.key, sender}
			entities := [][]byte{nil, open.recipient, secured.recipient, open.sender, secured.sender, make([]byte, 24), []byte("short")}
			return keys[int(choice)%len(keys)], entities[int(choice)/len(keys)%len(entities)]
		}
		for _, in := range []struct {
			choice byte
			text   []byte
		}{{choice1, text1}, {choice2, text2}} {
			key, entity := choose(in.choice)
			tag, _, err := smp.ParseCommand(smp.CurrentVersion, in.text)
			if !err.IsZero() || !smp.CheckCredentials(tag, key != nil, len(entity) > 0).IsZero() || !ofShards(tag) {
				return
			}
			c.runDrain(c.batch(client, key, entity, in.text))
			if n := answers(client); n != 1 {
				t.Fatalf("%d answers to %q", n, in.text)
			}
		}
	})
}

// answers empties the inbox, and counts the answers to the last command in it.
func answers(c *client) (n int) {
	for _, m := range c.inbox {
		c.parse(&m)
		if m.corr == string(c.lastCorr()) {
			n++
		}
	}
	c.inbox = nil
	return n
}

// ofShards reports that the engine gives such commands to shards, and does not answer them itself.
func ofShards(tag smp.CommandTag) bool {
	switch tag {
	case smp.CmdPing, smp.CmdPrxy, smp.CmdPfwd, smp.CmdRfwd:
		return false
	}
	return true
}
