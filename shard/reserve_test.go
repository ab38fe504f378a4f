package shard

import (
	"fmt"
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// TestLinkIDIsGivenAwayOnce has two shards asked for one link ID, the second when the first has found that it is free.
func TestLinkIDIsGivenAwayOnce(t *testing.T) {
	link := []byte("link")
	for _, first := range []smp.CommandTag{smp.CmdLSet, smp.CmdNew} {
		for _, second := range []smp.CommandTag{smp.CmdLSet, smp.CmdNew} {
			t.Run(fmt.Sprint(first, " and ", second), func(t *testing.T) {
				r := newRouter(t, testConfig())
				c, rival := r.connect(), r.connect()
				ask, compete := c.linkAsker(first, 0), rival.linkAsker(second, 1)
				var answer received
				r.store.onSought(func() { _, answer = compete(link) })
				q, m := ask(link)
				if m.tag == smp.RespErr {
					t.Fatalf("the first got %s", m.text())
				}
				want(t, answer, "AUTH")
				wantLink(t, c.lget(link), q, link, "user")
				want(t, c.do(q.key, q.recipient, smp.AppendLDel(nil)), "OK")
				q = rival.queueOn(1)
				want(t, rival.lset(q, link, "fixed", "user"), "OK")
				wantLink(t, c.lget(link), q, link, "user")
			})
		}
	}
}

// TestLinkIDIsFreeAfterRefusal: what is refused for another reason leaves the ID to others, in the drain at hand too.
func TestLinkIDIsFreeAfterRefusal(t *testing.T) {
	links := newReservations()
	store := newFakeStore()
	cores := [2]*testCore{newTestCore(t, store), newTestCore(t, store)}
	for i, c := range cores {
		c.links, c.index = links, i
	}
	link := []byte("link")
	owner := cores[0]
	free := func(c *testCore, id []byte) bool {
		taken, err := c.linkTaken(id)
		if err != nil {
			t.Fatal(err)
		}
		return !taken
	}
	if free(owner, nil) {
		t.Error("an empty ID is free")
	}
	store.setFail(true, "load")
	if _, err := owner.linkTaken(link); err == nil {
		t.Fatal("no error of the store")
	}
	store.setFail(false, "load")
	if !free(cores[1], link) {
		t.Error("taken, after the lookup of another shard failed")
	}
	if free(owner, link) {
		t.Error("free, while another shard gives it away")
	}
	if !free(cores[1], link) {
		t.Error("taken for the shard that has reserved it")
	}
	cores[1].dropReserved()
	if !free(owner, link) {
		t.Error("taken, after the drain of another shard")
	}
	if len(links.shards) != 1 {
		t.Errorf("%d reservations, want that of the link", len(links.shards))
	}
	owner.dropReserved()
	if len(links.shards) > 0 {
		t.Errorf("%d reservations are left", len(links.shards))
	}
}

// linkAsker makes a function that asks the shard for a link ID by a command, and returns the queue that got it.
func (c *client) linkAsker(op smp.CommandTag, shard int) func(link []byte) (*testQueue, received) {
	if op == smp.CmdLSet {
		q := c.queueOn(shard)
		return func(link []byte) (*testQueue, received) { return q, c.lset(q, link, "fixed", "user") }
	}
	corr := ""
	for n := 0; ; n++ {
		corr = fmt.Sprint("corr ", n)
		if id := box.SenderIDFromCorrID([]byte(corr)); c.r.set.partitions.shard(id[:]) == shard {
			break
		}
	}
	return func(link []byte) (*testQueue, received) {
		q, _, m := c.newLinked(smp.ModeContact, link, corr, nil)
		return q, m
	}
}

// queueOn makes a contact queue on a shard.
func (c *client) queueOn(shard int) *testQueue {
	for {
		q := c.newQueue(queueOptions{mode: smp.ModeContact})
		if c.r.set.partitions.shard(q.recipient) == shard {
			return q
		}
	}
}
