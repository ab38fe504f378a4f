package shard

import (
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// block puts commands into one block, waits for all answers, and checks them.
func (c *client) block(t *testing.T, answers string, cmds ...command) {
	t.Helper()
	c.send(cmds...)
	got := ""
	for range cmds {
		m := c.take()
		for m.corr == "" {
			c.events = append(c.events, m)
			m = c.take()
		}
		got += m.text() + " "
	}
	if got != answers+" " {
		t.Errorf("answers %s, want %s", got, answers)
	}
}

// TestCommandsOfABlockRunInOrder has commands whose authorization depends on those before them in their block.
func TestCommandsOfABlockRunInOrder(t *testing.T) {
	r := newRouter(t, testConfig())
	c := r.connect()
	k := r.newKey()
	text := []byte("SEND F hello")
	ack := smp.AppendAck(nil, nil)
	for range 3 { // other algorithms each time
		q := c.newQueue(queueOptions{mode: smp.ModeMessaging})
		c.block(t, "AUTH OK AUTH OK",
			command{key: k, entity: q.sender, text: text},
			command{key: k, entity: q.sender, text: smp.AppendSKey(nil, spki(k))},
			command{entity: q.sender, text: text},
			command{key: k, entity: q.sender, text: text})
		c.block(t, "OK AUTH",
			command{key: q.key, entity: q.recipient, text: smp.AppendOff(nil)},
			command{key: k, entity: q.sender, text: text})
		c.block(t, "SOK INFO NO_MSG OK AUTH AUTH",
			command{key: q.key, entity: q.recipient, text: smp.AppendSub(nil)},
			command{key: q.key, entity: q.recipient, text: smp.AppendQue(nil)},
			command{key: q.key, entity: q.recipient, text: ack},
			command{key: q.key, entity: q.recipient, text: smp.AppendDel(nil)},
			command{key: q.key, entity: q.recipient, text: smp.AppendQue(nil)},
			command{key: k, entity: q.sender, text: text})
		q = c.newQueue(queueOptions{mode: smp.ModeContact, notifier: true})
		c.block(t, "OK AUTH INFO",
			command{key: q.key, entity: q.recipient, text: smp.AppendRKey(nil, spki(k))},
			command{key: q.key, entity: q.recipient, text: smp.AppendQue(nil)},
			command{key: k, entity: q.recipient, text: smp.AppendQue(nil)})
		c.block(t, "SOK OK AUTH",
			command{key: q.notifierKey, entity: q.notifier, text: smp.AppendNSub(nil)},
			command{key: k, entity: q.recipient, text: smp.AppendNDel(nil)},
			command{key: q.notifierKey, entity: q.notifier, text: smp.AppendNSub(nil)})
		c.events = nil
		k = r.newKey()
	}
}

// TestMessagesOfOneDrain has messages sent, received and deleted before any of it is committed.
func TestMessagesOfOneDrain(t *testing.T) {
	core := newTestCore(t, newFakeStore())
	alice, bob := core.connect(), core.connect()
	q := core.newQueue(alice, box.Ed25519)
	send := func(text string) *Batch {
		return core.batch(bob, nil, q.sender, smp.AppendSend(nil, false, []byte(text)))
	}
	other := core.newQueue(alice, box.Ed25519) // with messages at the same positions
	first := core.batch(bob, nil, other.sender, smp.AppendSend(nil, false, []byte("other")))
	receive := func(text []byte) *Batch { return core.batch(alice, q.key, q.recipient, text) }
	core.runDrain(first, send("1"), send("2"), send("3"), receive(smp.AppendGet(nil)))
	m1 := wantMessage(t, q, alice.take(), "1", false)
	core.runDrain(send("4"), send("5"), receive(smp.AppendAck(nil, m1)), receive(smp.AppendGet(nil)))
	want(t, alice.take(), "OK")
	wantMessage(t, q, alice.take(), "2", false)
	carol := core.connect()
	core.runDrain(core.batch(carol, q.key, q.recipient, smp.AppendSub(nil)), core.batch(carol, q.key, q.recipient, smp.AppendQue(nil)))
	want(t, carol.take(), "SOK")
	if m := carol.take(); m.tag != smp.RespMsg { // before what the next block of the connection is answered
		t.Fatal(m.text())
	}
	want(t, carol.take(), "INFO")
	for i, answer := range []string{"OK", "OK", "OK", "OK", "OK", "QUOTA"} {
		if m := bob.take(); m.text() != answer {
			t.Errorf("answer %d: %s", i, m.text())
		}
	}
}

// TestDrainKeepsToItsLimit fills the ring while a shard is busy: no drain has more commands than the limit.
func TestDrainKeepsToItsLimit(t *testing.T) {
	w := newIdleWorker()
	for range 200 {
		w.ring.Put(batchOf(NewClient(1), 3))
	}
	w.ring.Put(nil) // as stopInput
	w.ring.Put(nil) // and stopHops do
	for i, want := range []int{DrainLimit / 3, DrainLimit / 3, 200 - 2*(DrainLimit/3)} {
		d := new(drain)
		w.fill(d)
		if len(d.batches) != want {
			t.Errorf("drain %d has %d batches, want %d", i, len(d.batches), want)
		}
	}
	if w.fill(new(drain)) {
		t.Error("more than was put")
	}
}

func TestFullRingRefuses(t *testing.T) {
	cfg := testConfig()
	cfg.Shards = 1
	r := newRouter(t, cfg)
	alice := r.connect()
	q := alice.newQueue(queueOptions{})
	others := make([]*client, DrainLimit) // so many that nothing is put off
	for i := range others {
		others[i] = r.connect()
	}
	begun, release := r.store.hold()
	alice.send(command{entity: q.sender, text: smp.AppendSend(nil, false, nil)})
	<-begun
	put := 0
	for ; put < 10*RingSize*inFlight; put++ { // far more than a shard takes while its commits are held
		b := NewBatch(BatchCommands, others[put%len(others)].shard)
		b.Block = NewBuffer(0)
		b.Commands = append(b.Commands, Command{Tag: smp.CmdSend, Params: []byte("F "),
			Transmission: smp.Transmission{EntityID: q.sender}})
		if !r.set.Put(0, b) {
			b.release()
			break
		}
	}
	release()
	want(t, alice.take(), "OK")
	for i := range put {
		if m := others[i%len(others)].take(); m.text() != "OK" && m.text() != "QUOTA" {
			t.Fatal(m.text())
		}
	}
	if put > (1+inFlight)*RingSize+inFlight*DrainLimit {
		t.Errorf("the ring took %d batches", put)
	}
}
