package client

import (
	"encoding/binary"
	"math/rand/v2"
	"time"
)

// corrID is a correlation ID as the reference's clients make them.
type corrID [24]byte

// newCorrID is random from a fast generator that is seeded by the system. It has to be unique: it is a nonce of
// X25519 authenticators.
func newCorrID() (id corrID) {
	for i := 0; i < len(id); i += 8 {
		binary.NativeEndian.PutUint64(id[i:], rand.Uint64())
	}
	return id
}

// pending is a command that waits for its response.
type pending struct {
	entity []byte
	done   func(Response)      // of Do, or
	each   func(int, Response) // of DoBatch, with
	index  int
	since  time.Time // zero unless there is a timeout
}

func (p *pending) answer(r Response) {
	if p.each != nil {
		p.each(p.index, r)
	} else {
		p.done(r)
	}
}

// pendingTable has the commands that wait, by correlation ID, and those that wait for a place in the window. It is
// guarded by Client.mu.
type pendingTable struct {
	waiting map[corrID]pending
	most    int             // that have waited at a time in this map
	queue   []chan struct{} // one for each Call that waits for a place; closed when it should try again
}

// room reports whether n more commands fit the window; 0 is no limit.
func (t *pendingTable) room(window, n int) bool {
	return window == 0 || len(t.waiting)+n <= window
}

func (t *pendingTable) add(id corrID, p pending) {
	if t.waiting == nil {
		t.waiting = make(map[corrID]pending)
	}
	t.waiting[id] = p
	t.most = max(t.most, len(t.waiting))
}

// pendingKeep is how many commands the map of an idle client may have had: maps do not shrink.
const pendingKeep = 64

// take removes a command; ok is false when it does not wait any more.
func (t *pendingTable) take(id corrID) (p pending, ok bool) {
	if p, ok = t.waiting[id]; ok {
		t.remove(id)
	}
	return p, ok
}

func (t *pendingTable) remove(id corrID) {
	delete(t.waiting, id)
	if len(t.waiting) == 0 && t.most > pendingKeep {
		t.waiting, t.most = nil, 0
	}
	t.wake()
}

// wake lets one waiting Call try again.
func (t *pendingTable) wake() {
	if len(t.queue) > 0 {
		close(t.queue[0])
		t.queue = t.queue[1:]
	}
}

// takeAll empties the table.
func (t *pendingTable) takeAll() map[corrID]pending {
	all := t.waiting
	t.waiting = nil
	for _, ch := range t.queue {
		close(ch)
	}
	t.queue = nil
	return all
}

// takeExpired removes the commands that were sent before the deadline.
func (t *pendingTable) takeExpired(deadline time.Time) (expired []pending) {
	for id, p := range t.waiting {
		if p.since.Before(deadline) {
			expired = append(expired, p)
			t.remove(id)
		}
	}
	return expired
}
