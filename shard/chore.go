package shard

import (
	"iter"
	"maps"

	"switchyard/shard/idtable"
	"switchyard/smp"
)

// A chore is work that grows with all that a shard or a connection has. Each drain does some steps of it, so that nobody's
// commands wait for a million of something. The chores go over:
//
//   - the queues that are read again in a new epoch of the store (suspects);
//   - the subscriptions of connections that have ended, or have lost their service;
//   - the notifications that have gathered (notification.go);
//   - the messages that are too old (head.go);
//   - the rows that are stored when the router stops.
//
// While there is more to do, a batchChore sees to it that a next drain comes.

// leaveStep is how many subscriptions of connections that have ended are dropped in a drain: a quarter of a millisecond of
// work, and more than most connections have.
const leaveStep = 1 << 10

// arrangeChores has a next drain come while there are chores.
func (c *core) arrangeChores() {
	if c.choreDue || len(c.leaving) == 0 && len(c.notifying) == 0 && !c.suspects.left() {
		return
	}
	c.choreDue = true
	c.hop(c.index, NewBatch(batchChore, nil))
}

// closed has what the shard keeps of a connection that has ended dropped. From now on nothing is delivered to it.
func (c *core) closed(client *Client) {
	if client.Service != nil {
		client.Service.shared.leave(client)
	}
	state := &client.state[c.index]
	c.verifier.Secrets.EndSession(&state.secrets)
	if state.left = true; state.subs == nil {
		return
	}
	state.subs.walk, state.subs.behind, state.subs.beyond = nil, false, false
	c.leaving = append(c.leaving, client)
}

// hasLeft tells of a connection that it has ended.
func (c *core) hasLeft(client *Client) bool { return client.state[c.index].left }

// leaveSome drops subscriptions of connections that have ended, or have lost their service.
func (c *core) leaveSome() {
	for n := 0; len(c.leaving) > 0; {
		client := c.leaving[0]
		state := &client.state[c.index]
		if state.left {
			n += c.unlinkSome(state.subs, leaveStep-n)
		} else {
			n += c.unlinkLost(state.subs, leaveStep-n)
		}
		if n == leaveStep {
			return
		}
		if state.left {
			c.leaveGot(client)
			state.subs = nil
		}
		c.leaving[0] = nil
		c.leaving = c.leaving[1:]
	}
	c.leaving = nil
}

// leaveGot ends what a connection that has ended was delivered by GET.
func (c *core) leaveGot(client *Client) {
	if subs := client.state[c.index].subs; subs != nil {
		for _, r := range subs.got {
			c.endWait(client, r)
		}
	}
}

// unlinkSome drops as many subscriptions of a connection as there are, but no more than the limit, and returns how many.
func (c *core) unlinkSome(subs *clientSubs, limit int) (n int) {
	for ; subs != nil && n < limit; n++ {
		switch {
		case subs.ready.First() != nil:
			c.unlink(subs.ready.First())
		case subs.aside.First() != nil:
			c.unlink(subs.aside.First())
		case subs.idle.First() != nil:
			c.unlink(subs.idle.First())
		case subs.parked.First() != nil:
			c.endParked(subs.parked.First())
		case subs.parkedNotifiers.First() != nil:
			c.endParkedNotifier(subs.parkedNotifiers.First())
		default:
			return n
		}
	}
	return n
}

// loseService has dropped what the shard keeps of a service for a connection that has lost it.
func (c *core) loseService(client *Client) {
	subs := client.state[c.index].subs
	for _, l := range []*subList{&subs.ready, &subs.aside} { // no more than readyLimit of the service's in each
		for s := l.First(); s != nil; {
			next := s.Next()
			if s.kind == subService {
				c.unlink(s)
			}
			s = next
		}
	}
	if subs.idle.Len() > 0 {
		subs.lost = subs.idle.Len()
		c.leaving = append(c.leaving, client)
	}
}

// unlinkLost looks at subscriptions that a connection had when it lost its service, but no more than the limit, and returns
// how many. Those that are not the service's go behind the others.
func (c *core) unlinkLost(subs *clientSubs, limit int) (n int) {
	for ; subs != nil && subs.lost > 0 && n < limit; n++ {
		subs.lost--
		switch s := subs.idle.First(); {
		case s == nil:
			subs.lost = 0
		case s.kind == subService:
			c.unlink(s)
		default:
			subs.idle.Remove(s)
			subs.idle.Push(s)
		}
	}
	return n
}

// flush stores some of what was put off, at the end of the router, and tells whether there is more.
func (c *core) flush(d *drain, late []*queue) (rest []*queue) {
	c.out = d
	n := min(len(late), flushStep)
	for _, q := range late[:n] {
		if q.dayLate {
			c.putQueue(q)
		}
		if n := q.notifier(); n != nil && n.pending != nil {
			c.storeNotifications(q, n.pending)
			n.pending = nil
		}
	}
	c.commit()
	c.reset()
	return late[n:]
}

// flushStep is how many queues are stored in a transaction of the end.
const flushStep = 1 << 10

// late are the queues of which something was put off.
func (c *core) late() (late []*queue) {
	for _, q := range c.cache.byRecipient {
		n := q.notifier()
		if !c.cache.stale(q) && (q.dayLate || n != nil && n.pending != nil) {
			late = append(late, q)
		}
	}
	return late
}

// suspects are the queues that are still to be read again in a new epoch of the store, unless a command names them before:
// for those who wait for what they may hold after all. They are found as they come, and some are read in each drain, so that a
// million of them take no memory and nobody's time.
type suspects struct {
	services []*Client             // whose walk is to begin
	next     func() (*queue, bool) // of those that are in memory
	stop     func()                // ends next
	parked   []smp.ID              // of the subscriptions in the last part of the parking that was looked at
	parts    int                   // of the parking that were
}

// suspectStep is how many queues are read in a drain: half a millisecond of work.
const suspectStep = 64

// distrust makes all that is in memory stale and suspect, as it may be of another epoch. What is parked is right whatever the
// store holds; but there may be messages after all, whose ACK is lost. So may there be for services, which a walk finds.
func (c *core) distrust() {
	c.suspects.end()
	c.cache.grow()
	s := &c.suspects
	s.next, s.stop = iter.Pull(maps.Values(c.cache.byRecipient))
	for client := range c.services.connections() {
		if state := &client.state[c.index]; client.Service.Role == smp.RoleMessaging && !state.left {
			if state.subs == nil {
				state.subs = new(clientSubs)
			}
			state.subs.behind = true
			s.services = append(s.services, client)
		}
	}
}

// end leaves nothing suspect.
func (s *suspects) end() {
	if s.stop != nil {
		s.stop()
	}
	*s = suspects{}
}

// left tells that there are some.
func (s *suspects) left() bool { return s.stop != nil }

// examine reads some of the suspects.
func (c *core) examine() {
	s := &c.suspects
	if !s.left() {
		return
	}
	for _, client := range s.services {
		c.pump(client)
	}
	s.services = nil
	c.reload(c.someSuspects())
	if s.next == nil && s.parts == idtable.Parts && len(s.parked) == 0 {
		s.end()
	}
}

// someSuspects chooses a few. Those in memory come first; of these nothing is to be read where nobody waits.
func (c *core) someSuspects() (some []smp.ID) {
	s := &c.suspects
	for looked := 0; s.next != nil && looked < 8*suspectStep && len(some) < suspectStep; looked++ {
		q, ok := s.next()
		switch {
		case !ok:
			s.next = nil
		case !c.cache.stale(q):
		case q.awaited():
			some = append(some, q.recipientID)
		default:
			c.cache.remove(q)
			c.forget(q)
		}
	}
	if s.next != nil {
		return some
	}
	for len(s.parked) < suspectStep && s.parts < idtable.Parts {
		s.parked = c.cache.parked.AppendIDs(s.parked, s.parts)
		s.parts++
	}
	n := max(0, len(s.parked)-suspectStep+len(some))
	some = append(some, s.parked[n:]...)
	s.parked = s.parked[:n]
	return some
}
