package shard

import (
	"fmt"
	"testing"

	"switchyard/smp"
)

// foreignLink is a link ID whose commands come to shard 1, and a queue of shard 0 that has it.
func (c *client) foreignLink(t *testing.T) (*testQueue, []byte) {
	for n := 0; ; n++ {
		link := fmt.Append(nil, "link ", n)
		if c.r.set.partitions.Shard(link) == 1 {
			q := c.queueOn(0)
			want(t, c.lset(q, link, "fixed", "user"), "OK")
			return q, link
		}
	}
}

// ends are the commands that take a link away.
var ends = [][]byte{smp.AppendLDel(nil), smp.AppendDel(nil)}

// TestLinkIsGoneBehindItsCommit reads a link on another shard than its queue's when the commit that takes it away can be
// seen and is not done. It then fails, or not.
func TestLinkIsGoneBehindItsCommit(t *testing.T) {
	for _, end := range ends {
		for _, fails := range []bool{false, true} {
			r := newRouter(t, testConfig())
			c, reader := r.connect(), r.connect()
			q, link := c.foreignLink(t)
			r.store.setFail(fails, "wait")
			begun, release := r.store.hold()
			c.send(command{key: q.key, entity: q.recipient, text: end})
			<-begun
			reader.send(command{entity: link, text: smp.AppendLGet(nil)})
			r.syncShard(1) // it has judged
			r.mu.Lock()
			if len(reader.inbox) > 0 {
				t.Errorf("%s: the link is said to be gone before that is stored", end)
			}
			r.mu.Unlock()
			release()
			if fails {
				want(t, c.take(), "STORE failed")
				if m := reader.take(); m.tag == smp.RespErr && m.text() != "STORE failed" {
					t.Errorf("%s: the link is still there, and the answer %s", end, m.text())
				}
				continue
			}
			want(t, c.take(), "OK")
			want(t, reader.take(), "AUTH")
			if _, n := r.set.workers[0].core.links.Len(); n > 0 {
				t.Errorf("%s: %d removals are left", end, n)
			}
		}
	}
}

// TestLinkOfAFailedStore: as long as the store may show that a link is gone which it has kept, no shard says so.
func TestLinkOfAFailedStore(t *testing.T) {
	for _, end := range ends {
		r := newRouter(t, testConfig())
		c := r.connect()
		q, link := c.foreignLink(t)
		r.store.setFail(true, "freeze")
		want(t, c.do(q.key, q.recipient, end), "STORE failed")
		r.sync() // the shards know what the store shows now
		want(t, c.lget(link), "STORE failed")
		r.store.thaw()
		r.sync()
		wantLink(t, c.lget(link), q, link, "user")
		if _, n := r.set.workers[0].core.links.Len(); n > 0 {
			t.Errorf("%s: %d removals are left", end, n)
		}
		want(t, c.do(q.key, q.recipient, end), "OK")
		want(t, c.lget(link), "AUTH")
	}
}
