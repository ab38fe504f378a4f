package shard

import (
	"fmt"
	"testing"

	"switchyard/box"
	"switchyard/shard/linkid"
	"switchyard/smp"
)

// eachRace runs a test with each two of the commands that ask for link IDs.
func eachRace(t *testing.T, test func(t *testing.T, first, second smp.CommandTag)) {
	ops := []smp.CommandTag{smp.CmdLSet, smp.CmdNew}
	for _, first := range ops {
		for _, second := range ops {
			t.Run(fmt.Sprint(first, " and ", second), func(t *testing.T) { test(t, first, second) })
		}
	}
}

// TestLinkIDIsGivenAwayOnce has two shards asked for one link ID, the second when the first has found that it is free.
func TestLinkIDIsGivenAwayOnce(t *testing.T) {
	link := []byte("link")
	eachRace(t, func(t *testing.T, first, second smp.CommandTag) {
		r := newRouter(t, testConfig())
		c, rival := r.connect(), r.connect()
		ask, compete := c.linkAsker(first, 0), rival.linkAsker(second, 1)
		var refused answer
		r.store.onSought(func() {
			refused = compete(link)
			r.syncShard(1) // it has judged
		})
		q, m := ask(link)()
		if m.tag == smp.RespErr {
			t.Fatalf("the first got %s", m.text())
		}
		_, m = refused()
		want(t, m, "AUTH")
		wantLink(t, c.lget(link), q, link, "user")
		want(t, c.do(q.key, q.recipient, smp.AppendLDel(nil)), "OK")
		q = rival.queueOn(1)
		want(t, rival.lset(q, link, "fixed", "user"), "OK")
		wantLink(t, c.lget(link), q, link, "user")
	})
}

// TestLinkIDIsRefusedBehindItsCommit has the second ask when the commit of the first can be seen and is not done. It then
// fails, or not.
func TestLinkIDIsRefusedBehindItsCommit(t *testing.T) {
	link := []byte("link")
	for _, fails := range []bool{false, true} {
		eachRace(t, func(t *testing.T, first, second smp.CommandTag) {
			r := newRouter(t, testConfig())
			c, rival := r.connect(), r.connect()
			ask, compete := c.linkAsker(first, 0), rival.linkAsker(second, 1)
			r.store.setFail(fails, "wait")
			begun, release := r.store.hold()
			given := ask(link)
			<-begun
			refused := compete(link)
			r.syncShard(1)
			r.mu.Lock()
			if len(rival.inbox) > 0 {
				t.Error("refused before the link is stored")
			}
			r.mu.Unlock()
			release()
			q, m := given()
			if !fails {
				_, m = refused()
				want(t, m, "AUTH")
				wantLink(t, c.lget(link), q, link, "user")
				return
			}
			want(t, m, "STORE failed")
			_, m = refused()
			want(t, m, "STORE failed")
			r.store.setFail(false, "wait")
			q = rival.queueOn(1)
			want(t, rival.lset(q, link, "fixed", "user"), "OK")
			wantLink(t, c.lget(link), q, link, "user")
		})
	}
}

// TestLinkIDWhoseCommitFails has the second ask while the first has the ID reserved, whose commit then fails.
func TestLinkIDWhoseCommitFails(t *testing.T) {
	link := []byte("link")
	for _, failure := range failures {
		eachRace(t, func(t *testing.T, first, second smp.CommandTag) {
			r := newRouter(t, testConfig())
			c, rival := r.connect(), r.connect()
			ask, compete := c.linkAsker(first, 0), rival.linkAsker(second, 1)
			r.store.setFail(true, failure)
			var refused answer
			r.store.onSought(func() {
				refused = compete(link)
				r.syncShard(1)
			})
			_, m := ask(link)()
			want(t, m, "STORE failed")
			_, m = refused()
			want(t, m, "STORE failed")
			r.store.setFail(false, failure)
			q := rival.queueOn(1)
			want(t, rival.lset(q, link, "fixed", "user"), "OK")
		})
	}
}

// TestLinkIDOfAFailedStore: as long as the store may show a link that it has not kept, its ID is not said to be taken, on
// no shard.
func TestLinkIDOfAFailedStore(t *testing.T) {
	link := []byte("link")
	for shard := range 2 {
		r := newRouter(t, testConfig())
		c, rival := r.connect(), r.connect()
		ask, compete := c.linkAsker(smp.CmdLSet, 0), rival.linkAsker(smp.CmdLSet, shard)
		r.store.setFail(true, "freeze")
		_, m := ask(link)()
		want(t, m, "STORE failed")
		r.sync() // the shards know what the store shows now
		_, m = compete(link)()
		want(t, m, "STORE failed")
		r.store.thaw()
		r.sync()
		q, m := compete(link)()
		want(t, m, "OK")
		wantLink(t, c.lget(link), q, link, "user")
	}
}

// TestLinkIDIsFreeAfterAFailure: a queue that stays in memory for its subscriber does not keep the link ID that it did not get.
func TestLinkIDIsFreeAfterAFailure(t *testing.T) {
	for _, failure := range failures {
		r := newRouter(t, testConfig())
		c := r.connect()
		link := []byte("link")
		q, other := c.queueOn(0), c.queueOn(0)
		want(t, c.sub(q), "SOK")
		r.store.setFail(true, failure)
		want(t, c.lset(q, link, "fixed", "user"), "STORE failed")
		r.store.setFail(false, failure)
		want(t, c.sendTo(q, "ends the doubt"), "OK")
		want(t, c.lset(other, link, "fixed", "other"), "OK")
		wantLink(t, c.lget(link), other, link, "other")
	}
}

// TestRefusalIsJudgedAgain has a refusal come so late that the link is gone: to say that it is taken would be wrong by then.
func TestRefusalIsJudgedAgain(t *testing.T) {
	r := newRouter(t, testConfig())
	c := r.connect()
	q := c.queueOn(1)
	for _, step := range []struct{ stored, answer string }{{"another", "STORE failed"}, {"link", "AUTH"}} {
		want(t, c.lset(c.queueOn(0), []byte(step.stored), "fixed", "user"), "OK")
		late := c.prepare(command{key: q.key, entity: q.recipient, text: lsetOf([]byte("link"), "fixed", "user")}).batch
		late.Kind = batchRefusal
		r.put(0, late)
		want(t, c.response(c.lastCorr()), step.answer)
	}
}

// TestLinkIDIsFreeAfterRefusal: what is refused for another reason leaves the ID to others, in the drain at hand too.
func TestLinkIDIsFreeAfterRefusal(t *testing.T) {
	links := linkid.New()
	store := newFakeStore()
	cores := [2]*testCore{newTestCore(t, store), newTestCore(t, store)}
	for i, c := range cores {
		c.links, c.index = links, i
	}
	link := []byte("link")
	owner := cores[0]
	free := func(c *testCore, id []byte) bool {
		taken, _, err := c.linkTaken(id)
		if err != nil {
			t.Fatal(err)
		}
		return !taken
	}
	if free(owner, nil) {
		t.Error("an empty ID is free")
	}
	store.setFail(true, "load")
	if _, _, err := owner.linkTaken(link); err == nil {
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
	if n, _ := links.Len(); n != 1 {
		t.Errorf("%d reservations, want that of the link", n)
	}
	owner.dropReserved()
	if n, _ := links.Len(); n > 0 {
		t.Errorf("%d reservations are left", n)
	}
}

// answer waits for the answer to a command, and returns the queue that has got a link by it.
type answer func() (*testQueue, received)

// linkAsker makes a function that asks the shard for a link ID by a command.
func (c *client) linkAsker(op smp.CommandTag, shard int) func(link []byte) answer {
	if op == smp.CmdLSet {
		q := c.queueOn(shard)
		return func(link []byte) answer {
			c.send(command{key: q.key, entity: q.recipient, text: lsetOf(link, "fixed", "user")})
			corr := c.lastCorr()
			return func() (*testQueue, received) { return q, c.response(corr) }
		}
	}
	corr := ""
	for n := 0; ; n++ {
		corr = fmt.Sprint("corr ", n)
		if id := box.SenderIDFromCorrID([]byte(corr)); c.r.set.partitions.Shard(id[:]) == shard {
			break
		}
	}
	return func(link []byte) answer {
		wait := c.askLinked(smp.ModeContact, link, corr, nil)
		return func() (*testQueue, received) {
			q, _, m := wait()
			return q, m
		}
	}
}

// queueOn makes a contact queue on a shard.
func (c *client) queueOn(shard int) *testQueue {
	for {
		q := c.newQueue(queueOptions{mode: smp.ModeContact})
		if c.r.set.partitions.Shard(q.recipient) == shard {
			return q
		}
	}
}
