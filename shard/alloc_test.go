package shard

import (
	"sync/atomic"
	"testing"
	"time"

	"switchyard/box"
	"switchyard/smp"
)

// counter is a loop that takes everything off the socket at once, and tells when as many replies have come as wanted.
type counter struct {
	want atomic.Int64
	done chan struct{}
}

func (c *counter) Deliver(g *Group) {
	n := len(g.Replies)
	for i := range g.Replies {
		if r := &g.Replies[i]; r.Message {
			vacate(&r.Client.Window, 1)
		}
	}
	g.Release()
	if c.want.Add(int64(-n)) == 0 {
		c.done <- struct{}{}
	}
}

// sink is a loop that takes everything off the socket at once.
type sink struct{ replies, messages int }

func (s *sink) Deliver(g *Group) {
	for i := range g.Replies {
		s.replies++
		if r := &g.Replies[i]; r.Message {
			s.messages++
			vacate(&r.Client.Window, 1)
		}
	}
	g.Release()
}

// prepared is a batch that can be put in again and again.
type prepared struct{ batch *Batch }

// prepare makes the batch of one command.
func (c *client) prepare(cmd command) prepared {
	for _, part := range c.parts(cmd) {
		if part != nil {
			return prepared{part}
		}
	}
	panic("command does not reach a shard")
}

func (p prepared) copy() *Batch {
	b := NewBatch(BatchCommands, p.batch.Client)
	b.Block = p.batch.Block
	b.Block.Retain()
	b.Commands = append(b.Commands, p.batch.Commands...)
	return b
}

// steadyCore is a core with a queue, whose commands are always the same, as message IDs are.
type steadyCore struct {
	*testCore
	sink           sink
	now            time.Time
	send, ack, sub prepared
}

func newSteadyCore(t testing.TB, alg box.Alg) *steadyCore {
	c := &steadyCore{testCore: newTestCore(t, newFakeStore()), now: time.Unix(1_700_000_000, 0)}
	alice, bob := c.connect(), c.connect()
	q := c.newQueue(alice, alg)
	q.senderKey = c.router.newKeyOf(alg)
	c.do(alice, q.key, q.recipient, smp.AppendKey(nil, spki(q.senderKey)))
	c.random = func(b []byte) { clear(b) }
	alice.shard.Loop, bob.shard.Loop = &c.sink, &c.sink
	prepare := func(client *client, key *box.PrivateKey, entity, text []byte) prepared {
		return client.prepare(command{key: key, entity: entity, text: text})
	}
	c.send = prepare(bob, q.senderKey, q.sender, smp.AppendSend(nil, true, make([]byte, 16000)))
	c.ack = prepare(alice, q.key, q.recipient, smp.AppendAck(nil, make([]byte, 24)))
	c.sub = prepare(alice, q.key, q.recipient, smp.AppendSub(nil))
	c.drainOf(c.sub)
	return c
}

// drainOf runs a drain of one batch of each.
func (c *steadyCore) drainOf(ps ...prepared) {
	for _, p := range ps {
		c.drain.batches = append(c.drain.batches, p.copy())
	}
	c.run(c.now, c.drain)
	c.deliver()
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, alg := range []box.Alg{box.Ed25519, box.X25519} {
		c := newSteadyCore(t, alg)
		for name, do := range map[string]func(){
			"SEND, MSG, ACK":              func() { c.drainOf(c.send); c.drainOf(c.ack) },
			"SEND, MSG, SEND, ACK to MSG": func() { c.drainOf(c.send); c.drainOf(c.send); c.drainOf(c.ack); c.drainOf(c.ack) },
			"all in one drain":            func() { c.drainOf(c.send, c.ack) },
			"SUB":                         func() { c.drainOf(c.sub) },
			"SUB with a message":          func() { c.drainOf(c.send); c.drainOf(c.sub); c.drainOf(c.ack) },
		} {
			before := c.sink
			do()
			if n := c.sink.replies - before.replies; n < 1 || name != "SUB" && c.sink.messages == before.messages {
				t.Fatalf("%s: %d replies, %d messages", name, n, c.sink.messages-before.messages)
			}
			n := testing.AllocsPerRun(50, do)
			if !raceEnabled && n != 0 {
				t.Errorf("%v, %s: %v allocations", alg, name, n)
			}
		}
	}
}

// BenchmarkMessage is what one message costs the core: SEND, MSG, ACK, each in a drain of its own.
func BenchmarkMessage(b *testing.B) {
	for _, alg := range []box.Alg{box.Ed25519, box.X25519} {
		b.Run(alg.String(), func(b *testing.B) {
			c := newSteadyCore(b, alg)
			b.ReportAllocs()
			for b.Loop() {
				c.drainOf(c.send)
				c.drainOf(c.ack)
			}
		})
	}
}

// BenchmarkSub is a subscription without a message, with drains that are full.
func BenchmarkSub(b *testing.B) {
	c := newSteadyCore(b, box.Ed25519)
	subs := make([]prepared, DrainLimit)
	for i := range subs {
		subs[i] = c.sub
	}
	b.ReportAllocs()
	for i := 0; i < b.N; i += len(subs) {
		c.drainOf(subs...)
	}
}

// BenchmarkRouter is the whole way of a message through rings, shards and waiters: SEND, OK, MSG, ACK, OK on 64 queues
// at a time.
func BenchmarkRouter(b *testing.B) {
	const queues = 64
	r := newRouter(b, Config{Shards: 2, NewQueues: true})
	done := &counter{done: make(chan struct{}, 1)}
	bob := r.connect()
	var sends, acks []prepared
	shards := make([]int, queues)
	for i := range queues {
		alice := r.connect()
		q := alice.newQueue(queueOptions{subscribe: true, alg: box.Ed25519})
		shards[i] = r.set.partitions.Shard(q.recipient)
		sends = append(sends, bob.prepare(command{entity: q.sender, text: smp.AppendSend(nil, false, make([]byte, 16000))}))
		acks = append(acks, alice.prepare(command{key: q.key, entity: q.recipient, text: smp.AppendAck(nil, make([]byte, 24))}))
		alice.shard.Loop = done
	}
	bob.shard.Loop = done
	r.fixed.Store(true)
	b.ReportAllocs()
	b.ResetTimer()
	start := time.Now()
	for n := 0; n < b.N; n += queues {
		done.want.Store(2 * queues)
		for i, p := range sends {
			r.put(shards[i], p.copy())
		}
		<-done.done
		done.want.Store(queues)
		for i, p := range acks {
			r.put(shards[i], p.copy())
		}
		<-done.done
	}
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "messages/s")
}

// TestForeignHandOverAllocatesNothing: a shard hands a command on to the shard of an imported queue without an allocation.
func TestForeignHandOverAllocatesNothing(t *testing.T) {
	c := newTestCore(t, newFakeStore())
	bob := c.connect()
	id := smp.ID{1}
	c.foreign.Learn(c.partitions.Sum(id[:]), &id, 1)
	send := bob.prepare(command{entity: id[:], text: smp.AppendSend(nil, false, make([]byte, 16000))})
	handed := 0
	c.hand = func(shard int, b *Batch) bool {
		handed += shard
		b.release()
		return true
	}
	do := func() {
		c.drain.batches = append(c.drain.batches, send.copy())
		c.run(time.Unix(1_700_000_000, 0), c.drain)
		c.drain.reset()
		c.post()
	}
	n := testing.AllocsPerRun(50, do)
	if handed != 51 {
		t.Errorf("%d commands were handed on", handed)
	}
	if !raceEnabled && n != 0 {
		t.Errorf("%v allocations", n)
	}
}
