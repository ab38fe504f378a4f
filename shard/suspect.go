package shard

import (
	"iter"
	"maps"

	"switchyard/shard/idtable"
	"switchyard/smp"
)

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
