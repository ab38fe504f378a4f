package loadtest

import (
	"errors"
	"sync"
	"sync/atomic"

	"switchyard/smp/client"
)

var errSubscriptionEnded = errors.New("subscription ended by the router")

// link is one connection of a load, through all its sessions. Each queue has two: one receives, the other sends.
type link struct {
	load *load
	now  atomic.Pointer[connected] // nil while there is no session

	mu       sync.Mutex
	line     line // nil before dial
	sessions uint32
	queues   map[*queue]struct{} // that receive or send here
	byEntity map[string]*queue   // that receive here, by recipient ID
}

// connected is a session with its numbers for the checker.
type connected struct {
	session
	number uint32 // of the sessions of this link
	epoch  uint32 // of the router process
}

func newLink(l *load) *link {
	return &link{load: l, sessions: l.sessions, queues: make(map[*queue]struct{}), byEntity: make(map[string]*queue)}
}

// dial starts the line. Its first event waits for the lock.
func (k *link) dial(d dialer, index int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var before []*client.RcvQueue
	for _, q := range k.byEntity {
		before = append(before, q.rcv)
	}
	k.line = d(index, before, k.on)
}

func (k *link) close() {
	k.mu.Lock()
	l := k.line
	k.mu.Unlock()
	if l != nil {
		l.Close()
	}
}

func (k *link) attach(q *queue) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.queues[q] = struct{}{}
}

func (k *link) detach(q *queue) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.queues, q)
}

// receive routes messages for the queue's recipient ID and has the line subscribe it in later sessions, or in all when it
// is not dialed yet.
func (k *link) receive(q *queue) {
	k.mu.Lock()
	k.byEntity[string(q.rcv.ID)] = q
	l := k.line
	k.mu.Unlock()
	if l != nil {
		l.Add(q.rcv)
	}
}

func (k *link) forget(q *queue) {
	k.mu.Lock()
	delete(k.byEntity, string(q.rcv.ID))
	l := k.line
	k.mu.Unlock()
	l.Remove(q.rcv)
}

// snapshot is the queues of the link, so that they can be visited without the lock.
func (k *link) snapshot() []*queue {
	k.mu.Lock()
	defer k.mu.Unlock()
	queues := make([]*queue, 0, len(k.queues))
	for q := range k.queues {
		queues = append(queues, q)
	}
	return queues
}

func (k *link) receiver(entity []byte) *queue {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.byEntity[string(entity)]
}

// on takes the events of the line.
func (k *link) on(e event) {
	switch e.kind {
	case eventUp:
		k.up(e.session)
	case eventDown:
		k.down(e.err)
	case eventMessage:
		if q := k.receiver(e.entity); q != nil {
			q.arrive(e.session, e.message)
		}
	case eventQueue:
		if q := k.receiver(e.entity); q != nil {
			q.unsubscribed(e.err)
		}
	case eventStrange:
		k.load.fault(e.err)
	}
}

func (k *link) up(s session) {
	k.mu.Lock()
	c := &connected{session: s, number: k.sessions, epoch: k.load.epoch()}
	k.sessions++
	k.mu.Unlock()
	k.now.Store(c)
	k.load.linkUp(c.number > k.load.sessions)
	for _, q := range k.snapshot() {
		q.resume()
	}
}

func (k *link) down(err error) {
	was := k.now.Swap(nil)
	k.load.linkDown(was != nil, err)
	for _, q := range k.snapshot() {
		q.linkDown(k)
	}
}
