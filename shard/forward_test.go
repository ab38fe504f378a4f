package shard

import (
	"bytes"
	"testing"

	"switchyard/smp"
)

// forwardedReply is a reply to a command that came by way of a proxy, as the engine gets it.
type forwardedReply struct {
	head    []byte
	forward *Forward
}

// forwardLoop takes the replies to a proxy's connection.
type forwardLoop chan forwardedReply

func (l forwardLoop) Deliver(g *Group) {
	for _, r := range g.Replies {
		l <- forwardedReply{bytes.Clone(r.Head), r.Forward}
	}
	g.Release()
}

// forward puts a command of the given version into the shards, as the engine does with what it finds in RFWD, and
// returns the response.
func (l forwardLoop) forward(c *client, v smp.Version, cmd command) string {
	c.r.t.Helper()
	own := c.shard.Version
	c.shard.Version = v // of the inner transmission
	raw := c.transmission(&cmd)
	c.shard.Version = own
	b := NewBuffer(len(raw))
	copy(b.Data, raw)
	tr, err := smp.ParseTransmission(v, c.shard.SessionID, b.Data)
	tag, params, bad := smp.ParseCommand(v, tr.Command)
	if !err.IsZero() || !bad.IsZero() {
		c.r.t.Fatal(err, bad)
	}
	part := NewBatch(BatchCommands, c.shard)
	part.Block = b
	f := &Forward{Version: v, Owner: c}
	part.Commands = append(part.Commands, Command{Transmission: tr, Tag: tag, Params: params, Forward: f})
	i := c.r.set.Route(c.shard, &part.Commands[0])
	c.shard.Shards |= 1 << i
	c.r.put(i, part)
	got := <-l
	reply, err := smp.ParseResponseTransmission(v, c.shard.SessionID, got.head)
	if got.forward != f || !err.IsZero() || string(reply.CorrID) != string(cmd.corr) || string(reply.EntityID) != string(cmd.entity) {
		c.r.t.Fatalf("reply %q (%v) with forward %p, want %p", got.head, err, got.forward, f)
	}
	return string(reply.Command)
}

// TestForwardedCommands: a command in RFWD is judged by the version that its sender agreed on, and its reply, encoded
// at that version, says where it belongs. The proxy's own connection is version 19.
func TestForwardedCommands(t *testing.T) {
	r := newRouter(t, testConfig())
	owner := r.connect()
	q := owner.newQueue(queueOptions{mode: smp.ModeMessaging, subscribe: true})
	proxy, replies := r.connect(), make(forwardLoop)
	proxy.shard.Loop = replies
	send := func(n int) []byte { return smp.AppendSend(nil, false, make([]byte, n)) }
	for _, tc := range []struct {
		version smp.Version
		size    int
		want    string
	}{
		{6, 16088, "OK"}, {6, 16089, "ERR LARGE_MSG"},
		{8, 16064, "OK"}, {10, 16065, "ERR LARGE_MSG"},
		{11, 16049, "ERR LARGE_MSG"}, {65535, 16049, "ERR LARGE_MSG"},
	} {
		got := replies.forward(proxy, tc.version, command{entity: q.sender, text: send(tc.size), corr: []byte("corr")})
		if got != tc.want {
			t.Errorf("v%d, body of %d bytes: %s, want %s", tc.version, tc.size, got, tc.want)
		}
	}
	key := r.newKey()
	skey := command{key: key, entity: q.sender, text: smp.AppendSKey(nil, spki(key)), corr: []byte("c")}
	if got := replies.forward(proxy, 18, skey); got != "OK" {
		t.Errorf("SKEY: %s", got)
	}
	if got := replies.forward(proxy, 18, command{entity: q.sender, text: send(1), corr: []byte("c")}); got != "ERR AUTH" {
		t.Errorf("SEND without authorization to a secured queue: %s", got)
	}
	// A failed commit is told at the sender's version, too.
	r.store.setFail(true, "commit")
	if got := replies.forward(proxy, 6, command{key: key, entity: q.sender, text: send(1), corr: []byte("c")}); got != "ERR STORE failed" {
		t.Errorf("SEND that is not stored: %s", got)
	}
}

// TestCloseAnswersWhatIsBetweenShards has a shard hand a command to another one that has done all that loops have asked of
// it, as the router stops.
func TestCloseAnswersWhatIsBetweenShards(t *testing.T) {
	for shard := range 2 {
		r := newRouter(t, testConfig())
		owner, reader := r.connect(), r.connect()
		q := owner.queueOn(shard)
		link := []byte("link")
		for r.set.partitions.Shard(link) == shard {
			link = append(link, '+')
		}
		want(t, owner.lset(q, link, "fixed", "user"), "OK")
		r.sync()
		closed := make(chan error)
		r.store.onSought(func() {
			go func() { closed <- r.set.Close() }()
			<-r.set.workers[shard].rested
		})
		reader.send(command{entity: link, text: smp.AppendLGet(nil)})
		if err := <-closed; err != nil {
			t.Fatal(err)
		}
		r.set = nil
		if len(reader.inbox) != 1 {
			t.Fatalf("shard %d: %d answers", shard, len(reader.inbox))
		}
		want(t, reader.take(), "LNK")
	}
}

// TestCloseAnswersWhatAllShardsDo has a service subscribe as the router stops: each shard does its part.
func TestCloseAnswersWhatAllShardsDo(t *testing.T) {
	for shard := range 2 {
		r := newRouter(t, testConfig())
		service := r.connectService(1, smp.RoleMessaging)
		_, ids := service.newQueues(8)
		first := r.set.partitions.Shard(service.id())
		closed := make(chan error)
		r.store.onSought(func() {
			go func() { closed <- r.set.Close() }()
			if shard != first {
				<-r.set.workers[shard].rested
			}
		})
		link := []byte("link")
		for r.set.partitions.Shard(link) != first {
			link = append(link, '+')
		}
		service.send(command{key: service.own, entity: service.id(), text: smp.AppendSubs(nil, service.shard.Version, smp.ServiceSubs{Hash: make([]byte, 16)})},
			command{entity: link, text: smp.AppendLGet(nil)})
		if err := <-closed; err != nil {
			t.Fatal(err)
		}
		r.set = nil
		m, other := service.event(), service.event() // of two shards
		if m.text() == "AUTH" {
			m, other = other, m
		}
		want(t, other, "AUTH") // there is no such link
		want(t, m, "SOKS")
		wantSubs(t, r.parseSubs(m), ids...)
	}
}

// TestRestingShardDoesNothingForItself: when what loops have asked for is done, only hops of other shards are taken.
func TestRestingShardDoesNothingForItself(t *testing.T) {
	w := newIdleWorker()
	w.ring.Put(nil) // as stopInput does
	w.take(new(drain))
	var set Set
	set.hops.Store(1)
	hop := batchOf(NewClient(1), 1)
	hop.hops = &set.hops
	w.hops.Put(NewBatch(batchWalk, NewClient(1)))
	w.hops.Put(hop)
	w.ring.Put(NewBatch(BatchResume, NewClient(1))) // of a timer that was late
	w.ring.Put(nil)                                 // as stopHops does
	d := new(drain)
	if !w.fill(d) || len(d.batches) != 1 || d.batches[0] != hop {
		t.Fatalf("%d batches", len(d.batches))
	}
	if hop.release(); set.hops.Load() != 0 {
		t.Error("the hop is still said to be under way")
	}
	if w.fill(new(drain)) {
		t.Error("there is more to do")
	}
}
