package shard

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"switchyard/smp"
)

// crash has the power fail while commands are under way. What has been answered must be there when the router comes up
// again, and of what has not, the first commands of each queue.
func (c *modelCheck) crash() {
	c.log("power fails while this is under way:")
	c.beginCrowd()
	for range 1 + c.IntN(6) {
		c.giveBlock(c.clients[c.IntN(len(c.clients))])
	}
	given := 0
	for _, b := range c.given {
		given += len(b.actions)
	}
	c.put()
	answered := c.cutPower(c.IntN(given + 1))
	possible := make(map[*modelQueue][]*modelQueue) // the states that a queue may come back in
	for _, q := range c.model.queues {
		possible[q] = []*modelQueue{q.clone()}
	}
	c.settle()
	c.follow(func(a *action) {
		q := a.queue
		if answered[a.corr] {
			possible[q] = nil
		}
		possible[q] = append(possible[q], q.clone())
	})
	c.compare() // what is alive still is the model's, too
	c.router.restart()
	for _, q := range c.model.queues {
		c.recover(q, possible[q])
		q.pending = nil
	}
	c.checkStore()
	c.reconnectAll()
}

// clone is the state of a queue, as far as it is stored.
func (q *modelQueue) clone() *modelQueue {
	s := *q
	s.messages, s.stored, s.gets = slices.Clone(q.messages), slices.Clone(q.stored), maps.Clone(q.gets)
	return &s
}

// cutPower waits for n responses and crashes the disk, which the router does not notice. It returns the correlation IDs of
// what had been answered then.
func (c *modelCheck) cutPower(n int) map[string]bool {
	r := c.router
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		answered := make(map[string]bool)
		for _, client := range c.clients {
			for _, m := range client.inbox {
				if client.parse(&m); m.corr != "" {
					answered[m.corr] = true
				}
			}
		}
		if len(answered) >= n {
			// Of its own, as how much of it is used depends on what has happened to be synced.
			r.disk.Crash(rand.New(rand.NewPCG(c.seed, uint64(c.step))))
			return answered
		}
		r.arrived.Wait()
	}
}

// recover finds out in which of its possible states a queue has come back.
func (c *modelCheck) recover(q *modelQueue, possible []*modelQueue) {
	there := c.storedOf(q)
	for _, s := range slices.Backward(possible) {
		if s.text() == there {
			s.knownLink, s.knownNtf = q.knownLink, q.knownNtf
			*q = *s
			return
		}
	}
	c.t.Errorf("after the crash of queue %d there is\n%s\nand could be", q.number, there)
	for _, s := range possible {
		c.t.Log(s.text())
	}
}

// checkStore checks that what is stored of the queues is what the model says.
func (c *modelCheck) checkStore() {
	for _, q := range c.model.queues {
		if there, want := c.storedOf(q), q.text(); !c.t.Failed() && there != want {
			c.t.Errorf("stored of queue %d is\n%s\nthe model says\n%s", q.number, there, want)
		}
	}
}

// text is all that is stored of a queue.
func (q *modelQueue) text() string {
	if q.gone {
		return "nothing"
	}
	blocked := ""
	if q.status == StatusBlocked {
		blocked = string(smp.AppendError(nil, smp.CurrentVersion, q.blocked))
	}
	text := fmt.Sprintf("mode %d status %d %s\n", modeOf(q.mode), q.status, blocked)
	for _, k := range q.keys {
		text += fmt.Sprintf("recipient %x\n", spki(k))
	}
	if q.senderKey != nil {
		text += fmt.Sprintf("sender %x\n", spki(q.senderKey))
	}
	if q.link != nil {
		text += fmt.Sprintf("link %q %q %q\n", q.link.id, q.link.fixed, q.link.user)
	}
	if q.ntf != nil {
		text += fmt.Sprintf("notifier %x %x, %d notifications\n", q.ntf.id, spki(q.ntf.key), len(q.stored))
	}
	for _, m := range q.messages {
		text += m.stored() + "\n"
	}
	return text
}

func (m *modelMessage) stored() string { return stored(m.time, m.quota, m.notify, []byte(m.body)) }

func stored(time int64, quota, notify bool, body []byte) string {
	if quota {
		return fmt.Sprintf("at %d: quota", time)
	}
	return fmt.Sprintf("at %d: notify %v %q", time, notify, body)
}

// storedOf is what the store has of a queue, in the same words.
func (c *modelCheck) storedOf(q *modelQueue) string {
	store := c.router.backing
	l := []Lookup{{Kind: ByRecipient, ID: q.recipient}}
	if store.Load(l); l[0].Err != nil {
		c.t.Fatal(l[0].Err)
	}
	if l[0].Found == nil {
		return "nothing"
	}
	r := &l[0].Found.Record
	blocked := ""
	if r.Status == StatusBlocked {
		blocked = "BLOCKED " + string(r.Blocked)
	}
	text := fmt.Sprintf("mode %d status %d %s\n", r.Mode, r.Status, blocked)
	for _, k := range r.RecipientKeys {
		text += fmt.Sprintf("recipient %x\n", k)
	}
	if r.SenderKey != nil {
		text += fmt.Sprintf("sender %x\n", r.SenderKey)
	}
	if r.LinkID != nil {
		d, err := store.Link(&r.RecipientID)
		c.check(err)
		text += fmt.Sprintf("link %q %q %q\n", r.LinkID, d.Fixed, d.User)
	}
	if n := r.Notifier; n != nil {
		all, err := store.Notifications(&r.RecipientID)
		c.check(err)
		text += fmt.Sprintf("notifier %x %x, %d notifications\n", n.ID, n.Key, len(all))
	}
	return text + c.storedMessages(q, l[0].Found)
}

func (c *modelCheck) storedMessages(q *modelQueue, l *Loaded) (text string) {
	store, id := c.router.backing, &l.Record.RecipientID
	for seq := l.First.Seq; seq < l.First.Seq+uint64(l.Messages); seq++ {
		h, err := store.Header(id, seq)
		c.check(err)
		if h.Kind == KindQuota {
			text += stored(h.Time, true, false, nil) + "\n"
			continue
		}
		sealed := make([]byte, smp.DeliveredSize)
		_, err = store.Body(id, seq, sealed)
		c.check(err)
		body := q.open(c.t, smp.Msg{ID: h.ID[:], Body: sealed})
		if body.Time != h.Time || body.Notify != h.Notify {
			c.t.Errorf("header %+v of a message of %d, notify %v", h, body.Time, body.Notify)
		}
		text += stored(h.Time, false, h.Notify, body.Body) + "\n"
	}
	return text
}

func (c *modelCheck) check(err error) {
	if err != nil {
		c.t.Fatal("store: ", err)
	}
}
