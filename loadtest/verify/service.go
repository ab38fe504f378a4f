package verify

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"switchyard/box"
	"switchyard/loadtest/history"
	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/results"
	"switchyard/smp"
	"switchyard/smp/client"
)

// ServiceReport is the result of RunService.
type ServiceReport struct {
	Scenario   string             `json:"scenario"`
	Queues     int                `json:"queues"`
	Waiting    int64              `json:"waiting"` // messages that were sent while the service was away
	Created    *measure.Operation `json:"created,omitempty"`
	Sent       *measure.Operation `json:"sent,omitempty"`
	Received   *measure.Operation `json:"received,omitempty"` // from SUBS to the last message, each acknowledged
	Deleted    *measure.Operation `json:"deleted,omitempty"`
	SubsMillis float64            `json:"subsMillis"` // from SUBS to SOKS
	AllsMillis float64            `json:"allsMillis"` // from SUBS to ALLS; 0: it did not come
	Count      int64              `json:"count"`      // in SOKS
	HashRight  bool               `json:"hashRight"`
	BeforeAlls int64              `json:"beforeAlls"` // queues whose first message came before ALLS
	Delivered  int64              `json:"delivered"`
	Faults     map[string]int     `json:"faults,omitempty"`
	Ended      string             `json:"ended,omitempty"`
	Router     *results.Use       `json:"router,omitempty"`
}

// serviceInFlight is how many commands of a connection are without an answer at a time.
const serviceInFlight = 64

// service is a run of RunService.
type service struct {
	Config
	*measure.Stages
	credentials *client.ServiceCredentials
	run         uint64
	queues      []serviceQueue
	byID        map[string]*serviceQueue
	created     atomic.Int64
	sent        atomic.Int64
	deleted     atomic.Int64
	inbox       serviceInbox
}

// serviceQueue is a queue of the service.
type serviceQueue struct {
	*client.RcvQueue
	number uint32
	next   uint32 // message that comes next; the reader's
}

// RunService opens a session of a client service with a certificate of its own, creates queues on it and ends it.
// While it is away, messages are sent to every queue. Then the service connects again and subscribes all of its queues
// with one SUBS, whose answer must name them all, and must get each message once and in order, those at the heads of the
// queues before ALLS. The queues are deleted in the end. Of the configuration Queues, Messages, Conns (those that send),
// Size and Stall count.
func RunService(ctx context.Context, c Config) (*ServiceReport, error) {
	if c.Queues < 1 || c.Messages < 1 || c.Conns < 1 {
		return nil, errors.New("there must be at least 1 queue, 1 message and 1 connection that sends")
	}
	if err := c.checkService(); err != nil {
		return nil, err
	}
	pair, err := client.NewServiceCertificate("loadtest", time.Now())
	if err != nil {
		return nil, err
	}
	s := &service{
		Config: c, run: rand.Uint64(), queues: make([]serviceQueue, c.Queues), byID: make(map[string]*serviceQueue, c.Queues),
		credentials: &client.ServiceCredentials{KeyPair: pair, Role: smp.RoleMessaging},
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	o, err := c.Observe(measure.Sources{
		Counts: map[string]func() int64{"created": s.created.Load, "sent": s.sent.Load, "delivered": s.inbox.delivered.Load},
		Ended:  cancel,
	})
	if err != nil {
		return nil, err
	}
	w := measure.Watch(c.Progress)
	defer w.Close()
	s.Stages = &measure.Stages{Observer: o, Watcher: w}
	r := &ServiceReport{Scenario: "service", Queues: c.Queues}
	err = s.do(ctx, r)
	_, r.Router = o.Stop()
	if r.Created == nil {
		return nil, err
	}
	if err != nil {
		r.Ended = err.Error()
	}
	return r, err
}

// checkService refuses what cannot work.
func (c *Config) checkService() error {
	if c.Versions != (smp.VersionRange{}) && c.Versions.Max < smp.VersionRcvService {
		return fmt.Errorf("services need version %d", smp.VersionRcvService)
	}
	return c.Client.Validate(load.AuthNone, c.Size)
}

// do goes through the stages and fills in the report as far as it gets.
func (s *service) do(ctx context.Context, r *ServiceReport) (err error) {
	create := func() error { return s.create(ctx) }
	if r.Created, err = s.Measure("creating queues", s.Queues, &s.created, create); err != nil {
		return err
	}
	r.Waiting = int64(s.Queues) * int64(s.Messages)
	send := func() error { return s.send(ctx) }
	if r.Sent, err = s.Measure("sending", int(r.Waiting), &s.sent, send); err != nil {
		return err
	}
	s.inbox.begin(s, r.Waiting)
	client, err := s.dial(ctx, s.inbox.take)
	if err != nil {
		return err
	}
	defer client.Close()
	receive := func() error { return s.receive(ctx, client, r) }
	r.Received, err = s.Measure("receiving", int(r.Waiting), &s.inbox.delivered, receive)
	s.inbox.report(r)
	if err != nil {
		return err
	}
	remove := func() error { return s.remove(ctx, client) }
	r.Deleted, err = s.Measure("deleting queues", s.Queues, &s.deleted, remove)
	return err
}

// dial opens a session of the service.
func (s *service) dial(ctx context.Context, onEvent func(client.Event)) (*client.Client, error) {
	config := s.DialConfig(0)
	config.Service, config.OnEvent = s.credentials, onEvent
	c, err := client.Dial(ctx, config)
	if err == nil && c.ServiceID() == nil {
		c.Close()
		return nil, errors.New("the router does not know services")
	}
	return c, err
}

// create creates the queues on a session that ends afterwards.
func (s *service) create(ctx context.Context) error {
	c, err := s.dial(ctx, func(client.Event) {})
	if err != nil {
		return err
	}
	defer func() {
		c.Close()
		<-c.Done()
	}()
	err = measure.InParallel(ctx, s.Queues, serviceInFlight, func(ctx context.Context, i int) error {
		p := client.QueueParams{Alg: box.Ed25519, Subscribe: true, Mode: smp.ModeMessaging}
		q, err := c.NewQueue(ctx, p)
		if err != nil {
			return fmt.Errorf("NEW: %w", err)
		}
		s.queues[i] = serviceQueue{RcvQueue: q, number: uint32(i)}
		s.created.Add(1)
		return nil
	})
	if err != nil {
		return err
	}
	for i := range s.queues {
		s.byID[string(s.queues[i].ID)] = &s.queues[i]
	}
	return nil
}

// send sends the messages of all queues, each queue's in their order.
func (s *service) send(ctx context.Context) error {
	clients := make([]*client.Client, s.Conns)
	for i := range clients {
		config := s.DialConfig(i)
		config.OnEvent = func(client.Event) {}
		c, err := client.Dial(ctx, config)
		if err != nil {
			return err
		}
		defer c.Close()
		clients[i] = c
	}
	return measure.InParallel(ctx, s.Queues, serviceInFlight*s.Conns, func(ctx context.Context, i int) error {
		to := s.queues[i].Sender(nil)
		for m := range s.Messages {
			stamp := history.Stamp{Run: s.run, Queue: uint32(i), Position: uint32(m), Message: uint32(m)}
			if err := clients[i%s.Conns].Send(ctx, to, false, stamp.Append(nil, s.Size)); err != nil {
				return fmt.Errorf("SEND: %w", err)
			}
			s.sent.Add(1)
		}
		return nil
	})
}

// receive subscribes and waits until everything has come.
func (s *service) receive(ctx context.Context, c *client.Client, r *ServiceReport) error {
	var hash box.IDsHash
	for i := range s.queues {
		hash.Toggle(s.queues[i].ID)
	}
	s.inbox.began = time.Now()
	subs, err := c.SubscribeService(ctx, smp.ServiceSubs{Count: int64(s.Queues), Hash: hash[:]})
	if err != nil {
		return fmt.Errorf("SUBS: %w", err)
	}
	r.SubsMillis = results.Millis(time.Since(s.inbox.began))
	r.Count, r.HashRight = subs.Count, string(subs.Hash) == string(hash[:])
	return s.inbox.wait(ctx, c, s.Stall)
}

// remove deletes the queues.
func (s *service) remove(ctx context.Context, c *client.Client) error {
	return measure.InParallel(ctx, s.Queues, serviceInFlight, func(ctx context.Context, i int) error {
		if err := c.Delete(ctx, s.queues[i].RcvQueue); err != nil {
			return fmt.Errorf("DEL: %w", err)
		}
		s.deleted.Add(1)
		return nil
	})
}
