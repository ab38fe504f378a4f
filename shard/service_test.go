package shard

import (
	"slices"
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// serviceClient is a session of a service.
type serviceClient struct {
	*client
	own *box.PrivateKey // of the session
}

// connectService opens a session of the service whose certificate has this fingerprint.
func (r *router) connectService(fingerprint byte, role smp.ServiceRole) *serviceClient {
	r.t.Helper()
	own := r.newKeyOf(box.Ed25519)
	public := own.Public()
	s, err := r.service(fingerprint, role, &public)
	if err != nil {
		r.t.Fatal(err)
	}
	c := &serviceClient{client: r.connect(), own: own}
	c.shard.Serve(s)
	return c
}

// service finds or makes the service whose certificate has this fingerprint.
func (r *router) service(fingerprint byte, role smp.ServiceRole, key *box.PublicKey) (*Service, error) {
	type answer struct {
		service *Service
		err     error
	}
	answered := make(chan answer, 1)
	if !r.set.Service(&[32]byte{fingerprint}, role, key, func(s *Service, err error) { answered <- answer{s, err} }) {
		r.t.Fatal("too many services are asked for")
	}
	a := <-answered
	return a.service, a.err
}

func (c *serviceClient) id() []byte { return c.shard.Service.ID[:] }

// dual gives a command that both the queue's key and the service sign.
func (c *serviceClient) dual(key *box.PrivateKey, entity, text []byte) received {
	c.r.t.Helper()
	c.send(command{key: key, entity: entity, text: text, by: c})
	return c.response(c.lastCorr())
}

func (c *serviceClient) sub(q *testQueue) received {
	return c.dual(q.key, q.recipient, smp.AppendSub(nil))
}

func (c *serviceClient) nsub(q *testQueue) received {
	return c.dual(q.notifierKey, q.notifier, smp.AppendNSub(nil))
}

// newQueue creates a queue of the service.
func (c *serviceClient) newQueue(o queueOptions) *testQueue {
	c.r.t.Helper()
	o.subscribe = true
	text, q, dh := c.r.newCommand(c.shard.Version, o)
	m := c.dual(q.key, nil, text)
	want(c.r.t, m, "IDS")
	ids := q.created(c.r.t, c.shard.Version, &m, dh)
	if string(ids.ServiceID) != string(c.id()) {
		c.r.t.Fatalf("IDS of service %x", ids.ServiceID)
	}
	return q
}

// subs gives SUBS, or NSUBS to a service of notifiers, and returns what the answer says.
func (c *serviceClient) subs() smp.ServiceSubs {
	c.r.t.Helper()
	believed := smp.ServiceSubs{Count: 7, Hash: make([]byte, 16)} // is of no account
	text := smp.AppendSubs(nil, c.shard.Version, believed)
	if c.shard.Service.Role == smp.RoleNotifier {
		text = smp.AppendNSubs(nil, c.shard.Version, believed)
	}
	m := c.do(c.own, c.id(), text)
	want(c.r.t, m, "SOKS")
	if m.entity != string(c.id()) {
		c.r.t.Fatalf("SOKS of %x", m.entity)
	}
	return c.r.parseSubs(m)
}

func (r *router) parseSubs(m received) smp.ServiceSubs {
	r.t.Helper()
	s, ok := smp.ParseSOKs(smp.CurrentVersion, m.params)
	if !ok {
		r.t.Fatalf("%s of %q", m.text(), m.params)
	}
	return s
}

// messages takes the events up to ALLS, which are messages, and returns them by recipient ID.
func (c *serviceClient) messages() map[string]smp.Msg {
	c.r.t.Helper()
	all := map[string]smp.Msg{}
	for {
		m := c.event()
		if m.text() == "ALLS" {
			if m.corr != "" || m.entity != "" {
				c.r.t.Fatalf("ALLS of %x", m.entity)
			}
			return all
		}
		if _, again := all[m.entity]; again {
			c.r.t.Fatal("a second message of one queue")
		}
		all[m.entity] = m.msg(c.r.t)
	}
}

// wantSubs checks a count and the hash of the IDs.
func wantSubs(t testing.TB, got smp.ServiceSubs, ids ...[]byte) {
	t.Helper()
	var hash box.IDsHash
	for _, id := range ids {
		hash.Toggle(id)
	}
	if got.Count != int64(len(ids)) || !slices.Equal(got.Hash, hash[:]) {
		t.Fatalf("%d queues, hash %x; want %d, %x", got.Count, got.Hash, len(ids), hash)
	}
}

// wantEnds checks that the session has lost its service.
func (c *serviceClient) wantEnds(ids ...[]byte) {
	c.r.t.Helper()
	m := c.event()
	wantEvent(c.r.t, m, "ENDS", c.id())
	wantSubs(c.r.t, c.r.parseSubs(m), ids...)
}

func wantSOK(t testing.TB, m received, serviceID []byte) {
	t.Helper()
	want(t, m, "SOK")
	id, ok := smp.ParseSOK(m.params)
	if !ok || string(id) != string(serviceID) {
		t.Fatalf("SOK of service %x, want %x", id, serviceID)
	}
}

// fingerprint is what queue keys sign along with commands of a service; nil is no service.
func (c *serviceClient) fingerprint() []byte {
	if c == nil {
		return nil
	}
	return c.shard.Service.Fingerprint[:]
}
