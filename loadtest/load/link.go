package load

import (
	"errors"
	"sync"
	"sync/atomic"

	"switchyard/smp/client"
)

var errSubscriptionEnded = errors.New("subscription ended by the router")

// link is one connection of a load, through all its sessions. Each queue has two: one receives, the other sends.
type link struct {
	load *Load
	now  atomic.Pointer[connected] // nil while there is no session

	mu       sync.Mutex
	conn     Connection // nil before dial
	sessions uint32
	queues   map[*queue]struct{} // that receive or send here
	byEntity map[string]*queue   // that receive here, by recipient ID
}

// connected is a session with its numbers for the checker.
type connected struct {
	Session
	number uint32 // of the sessions of this link
	epoch  uint32 // of the router process
}

func newLink(l *Load) *link {
	return &link{load: l, sessions: l.Sessions, queues: make(map[*queue]struct{}), byEntity: make(map[string]*queue)}
}

// dial starts the connection. Its first event waits for the lock.
func (k *link) dial(d Dialer, index int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var before []*client.RcvQueue
	for _, q := range k.byEntity {
		before = append(before, q.rcv)
	}
	k.conn = d(index, before, k.on)
}

func (k *link) close() {
	k.mu.Lock()
	l := k.conn
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

// receive routes messages for the queue's recipient ID and has the connection subscribe it in later sessions, or in all when it
// is not dialed yet.
func (k *link) receive(q *queue) {
	k.mu.Lock()
	k.byEntity[string(q.rcv.ID)] = q
	l := k.conn
	k.mu.Unlock()
	if l != nil {
		l.Add(q.rcv)
	}
}

func (k *link) forget(q *queue) {
	k.mu.Lock()
	delete(k.byEntity, string(q.rcv.ID))
	l := k.conn
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

// on takes the events of the connection.
func (k *link) on(e Event) {
	switch e.Kind {
	case EventUp:
		k.up(e.Session)
	case EventDown:
		k.down(e.Err)
	case EventMessage:
		if q := k.receiver(e.Entity); q != nil {
			q.arrive(e.Session, e.Message)
		}
	case EventQueue:
		if q := k.receiver(e.Entity); q != nil {
			q.unsubscribed(e.Err)
		}
	case EventStrange:
		k.load.fault(e.Err)
	}
}

func (k *link) up(s Session) {
	k.mu.Lock()
	c := &connected{Session: s, number: k.sessions, epoch: k.load.Epoch()}
	k.sessions++
	k.mu.Unlock()
	k.now.Store(c)
	k.load.linkUp(c.number > k.load.Sessions)
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
