package shard

import (
	"iter"
	"sync"
	"sync/atomic"

	"switchyard/box"
	"switchyard/shard/registry"
	"switchyard/shard/tally"
	"switchyard/smp"
)

// A client service is a client with a certificate, which receives messages or notifications of a great many queues
// without naming them one by one. Queues are associated with it by NEW, SUB and NSUB on its sessions, and SUBS or NSUBS
// subscribes all of them:
//
//	record of a queue ── service ID ──▶ service.current ──▶ the connection that has the service
//	rows in the store: service, partition ─▶ count and hash of its queues     (servicesub.go)
//	                   service, partition, queue                              (walk.go)
//
// One connection at a time has the service: the last one that sent NEW, SUB, SUBS, NSUB or NSUBS. What is pushed goes to
// it, whichever way a queue was associated. When another one takes the service over, all shards forget what the one
// before has not acknowledged, and it is told once (ENDS), with the count and hash of all associated queues.
//
// A queue of a service has no subscription while nothing waits on it: an associated queue that nobody touches is not
// in memory. With a message on its way to the service's connection it has one of kind subService.

// Service is what a connection's handshake has proved: whose it is. It is immutable.
type Service struct {
	ID          smp.ID
	Role        smp.ServiceRole
	Fingerprint [32]byte      // of the identity certificate; queue keys sign it along with commands
	Key         box.PublicKey // Ed25519, of this session: the service's own signature

	shared *service
}

// ServiceRecord is what is stored of a service, under the fingerprint of its certificate.
type ServiceRecord = registry.Record

// ServiceCount is how many queues of a partition are associated with a service, and the hash of their IDs: recipient
// IDs for messages, notifier IDs for notifications.
type ServiceCount struct {
	Count int64
	Hash  box.IDsHash
}

// Add counts a queue by its ID.
func (n *ServiceCount) Add(id []byte) {
	n.Count++
	n.Hash.Toggle(id)
}

func (n *ServiceCount) remove(id []byte) {
	if n.Count <= 1 {
		*n = ServiceCount{}
		return
	}
	n.Count--
	n.Hash.Toggle(id)
}

// join adds the count of other queues.
func (n *ServiceCount) join(other *ServiceCount) {
	n.Count += other.Count
	for i, b := range other.Hash {
		n.Hash[i] ^= b
	}
}

// service is what all shards know of a service together.
type service struct {
	id      smp.ID
	mu      sync.Mutex // held by whoever sets current, or looks at Client.closed to do so
	current atomic.Pointer[Client]

	subscribed subscribed
}

// subscribed is how many queues a connection receives from as its service has them; none while there is no such connection.
// Queues that come and go while SUBS is answered may be counted twice, or not, until the next one.
type subscribed struct {
	queues atomic.Int64
	on     atomic.Bool
}

func (s *subscribed) set(n int64) {
	s.on.Store(true)
	s.queues.Store(n)
}

func (s *subscribed) add(n int64) {
	if s.on.Load() {
		s.queues.Add(n)
	}
}

func (s *subscribed) end() {
	s.on.Store(false)
	s.queues.Store(0)
}

// take gives the service to a connection. taken is false when it has it already, or has ended.
func (s *service) take(c *Client) (previous *Client, taken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	previous = s.current.Load()
	if previous == c || c.closed {
		return nil, false
	}
	s.current.Store(c)
	return previous, true
}

// leave takes the service from a connection that has ended, for good: commands of it may still be under way in other
// shards.
func (s *service) leave(c *Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.closed = true
	if s.current.CompareAndSwap(c, nil) {
		s.subscribed.end()
	}
}

// services is the services that the shards have met since the start of the router: some 100 bytes for each.
type services struct {
	mu   sync.Mutex
	byID map[smp.ID]*service
}

func newServices() *services { return &services{byID: make(map[smp.ID]*service)} }

// of is the service with an ID, nil without an ID.
func (s *services) of(id []byte) *service {
	if len(id) != len(smp.ID{}) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.byID[smp.ID(id)]
	if v == nil {
		v = &service{id: smp.ID(id)}
		s.byID[v.id] = v
	}
	return v
}

// connections are those that have a service.
func (s *services) connections() iter.Seq[*Client] {
	return func(yield func(*Client) bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, v := range s.byID {
			if client := v.current.Load(); client != nil && !yield(client) {
				return
			}
		}
	}
}

// tally counts the services that have a connection.
func (s *services) tally(r *tally.Reading) {
	for client := range s.connections() {
		queues := client.Service.shared.subscribed.queues.Load()
		if client.Service.Role == smp.RoleNotifier {
			r.NotifierSubscribed++
			r.NotifierSubscribedQueues += queues
		} else {
			r.Subscribed++
			r.SubscribedQueues += queues
		}
	}
}

// Service finds the service that has an identity certificate, or makes it with a random ID that stays; key is that of the
// session at hand. It does not wait: done is called once, from a goroutine that it must not keep for long, when what it is
// told is stored. Its error is one of package registry or a failure of the store. False means that too many wait, and that
// done is not called.
func (s *Set) Service(fingerprint *[32]byte, role smp.ServiceRole, key *box.PublicKey, done func(*Service, error)) bool {
	v := &Service{Role: role, Fingerprint: *fingerprint, Key: *key}
	return s.registry.Ask(fingerprint, role, func(r registry.Record, err error) {
		if err != nil {
			done(nil, err)
			return
		}
		v.ID, v.shared = r.ID, s.services.of(r.ID[:])
		done(v, nil)
	})
}

// putServices stores services in one transaction, and waits for it.
func (s *Set) putServices(epoch uint64, fresh []registry.Fresh) error {
	tx := s.store.Begin(epoch)
	for i := range fresh {
		tx.PutService(fresh[i].Fingerprint, fresh[i].Record)
	}
	c, err := tx.Commit()
	if err == nil {
		err = c.Wait()
	}
	if err != nil {
		return err
	}
	for i := range fresh {
		switch fresh[i].Record.Role {
		case smp.RoleMessaging:
			s.made.Add(1)
		case smp.RoleNotifier:
			s.madeNotifiers.Add(1)
		}
	}
	return nil
}

// Serve makes the connection a session of a service. It is called once, before the client is given to a shard. All
// shards may push to such a connection, so all of them are told of its end.
func (c *Client) Serve(s *Service) {
	c.Service = s
	c.Shards = 1<<len(c.state) - 1
}

// service is the one that the connection may give commands for, as far as it concerns this command: none for those
// that came by way of a proxy.
func (it *item) service() *Service {
	if it.command.Forward != nil {
		return nil
	}
	return it.client.Service
}

// serviceID is the ID that answers to a session of a service name, nil for others.
func (c *Client) serviceID() []byte {
	if c.Service == nil {
		return nil
	}
	return c.Service.ID[:]
}

// service is the one that receives the messages of the queue, nil without.
func (q *queue) service() *service {
	if q.rare == nil {
		return nil
	}
	return q.rare.service
}

// connection is that of the notifier: the subscribed one, or that of its service; nil without.
func (n *notifier) connection() *Client {
	switch {
	case n.sub != nil:
		return n.sub.client
	case n.service != nil:
		return n.service.current.Load()
	}
	return nil
}

// move changes what is stored of a queue's association: from one service, nil without, to another. id is what is
// hashed. When it fails nothing is changed.
func (c *core) move(q *queue, id *smp.ID, from, to *service) error {
	partition := c.partitions.Of(q.recipientID[:])
	left, err := c.countOf(from, partition)
	if err != nil {
		return err
	}
	joined, err := c.countOf(to, partition)
	if err != nil {
		return err
	}
	level := tally.ServiceQueues
	if id != &q.recipientID {
		level = tally.NotifierServiceQueues
	}
	if left != nil {
		c.out.tally.Add(level, -1)
		from.subscribed.add(-1)
		left.remove(id[:])
		left.changed = true
		c.write().DeleteAssociation(&from.id, partition, &q.recipientID)
	}
	if joined != nil {
		c.out.tally.Add(level, 1)
		to.subscribed.add(1)
		joined.Add(id[:])
		joined.changed = true
		c.write().PutAssociation(&to.id, partition, &q.recipientID)
	}
	return nil
}

// associate has a service receive the messages of a queue; the one that did so before is told. The caller stores the
// queue. When it fails nothing is changed.
func (c *core) associate(q *queue, s *service) error {
	old := q.service()
	if err := c.move(q, &q.recipientID, old, s); err != nil {
		return err
	}
	switch {
	case q.sub == nil:
	case q.sub.kind == subService:
		c.unlink(q.sub)
	default:
		c.end(q.sub, replyEnd, q.recipientID[:])
	}
	if old != nil {
		c.tellService(old, nil, replyEnd, q.recipientID[:])
	}
	q.needRare().service = s
	return nil
}

// dissociate takes a queue from the service that receives its messages, if there is one. The service's connection is
// told, unless it is by. The caller stores the queue.
func (c *core) dissociate(q *queue, by *Client, kind replyKind) error {
	s := q.service()
	if s == nil {
		return nil
	}
	if err := c.move(q, &q.recipientID, s, nil); err != nil {
		return err
	}
	if q.sub != nil && q.sub.kind == subService {
		c.unlink(q.sub)
	}
	c.tellService(s, by, kind, q.recipientID[:])
	q.rare.service = nil
	return nil
}

// associateNotifier is associate for the notifications of a queue.
func (c *core) associateNotifier(q *queue, s *service) error {
	n := q.notifier()
	old := n.service
	if err := c.move(q, &n.ID, old, s); err != nil {
		return err
	}
	if n.sub != nil {
		c.end(n.sub, replyEnd, n.ID[:])
	}
	if old != nil {
		c.tellService(old, nil, replyEnd, n.ID[:])
	}
	n.service, n.Service = s, s.id[:]
	return nil
}

// dissociateNotifier is dissociate for the notifications of a queue.
func (c *core) dissociateNotifier(q *queue, by *Client, kind replyKind) error {
	n := q.notifier()
	if n == nil || n.service == nil {
		return nil
	}
	if err := c.move(q, &n.ID, n.service, nil); err != nil {
		return err
	}
	c.tellService(n.service, by, kind, n.ID[:])
	n.service, n.Service = nil, nil
	return nil
}

// tellService tells the connection that has a service of a queue that is its no more, unless that connection is by.
func (c *core) tellService(s *service, by *Client, kind replyKind, entityID []byte) {
	if client := s.current.Load(); client != nil && client != by {
		c.tell(client, kind, entityID)
	}
}
