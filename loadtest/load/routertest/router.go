package routertest

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"

	"switchyard/box"
	"switchyard/loadtest/load"
	"switchyard/smp"
	"switchyard/smp/client"
)

var ErrCut = errors.New("session cut")

// Router is a router within the test: queues with the protocol's rules, sessions that can be cut, and faults.
type Router struct {
	Quota int

	mu          sync.Mutex
	rand        *rand.Rand
	running     bool
	connections []*connection
	queues      map[string]*queue // by recipient ID; the sender ID is the same with an s before it
	ids         int
	stored      int // messages
	exited      chan struct{}

	// Faults.
	Lose      int  // every so many messages are answered OK and dropped
	Double    int  // every so many messages are stored twice
	Swap      int  // every so many messages overtake the one before
	Damage    int  // every so many messages are changed
	Forgetful bool // a kill loses the last message of each queue, answered or not
	Amnesiac  bool // a kill loses a queue
	Revive    int  // every so many DEL are answered OK and not obeyed
	deleted   int  // DEL
	SyncEvery int  // a kill loses what was done since so many commands were obeyed last; 0: nothing
	commands  int
	disk      map[string]*queue // what a kill leaves when there is SyncEvery
}

type queue struct {
	rcv        *client.RcvQueue
	messages   []message
	subscriber *session
	delivered  bool // the first message is with the subscriber
	full       bool
	secured    bool
}

type message struct {
	id    []byte
	body  []byte
	quota bool
}

// New makes a router with the quota of the reference.
func New() *Router {
	return &Router{Quota: 128, rand: rand.New(rand.NewPCG(7, 7)), queues: map[string]*queue{}}
}

// Start, Ready, Exited, Ended and Kill make it a process that a crash run can kill.
func (r *Router) Start() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running, r.exited = true, make(chan struct{})
	for _, l := range r.connections {
		l.connect()
	}
	return nil
}

func (r *Router) Ready(context.Context) error { return nil }
func (r *Router) Exited() <-chan struct{}     { return r.exited }
func (r *Router) Ended() error                { return errors.New("ended by itself") }

func (r *Router) Kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running = false
	for _, l := range r.connections {
		l.cut()
	}
	r.forget()
	for _, q := range r.queues {
		q.subscriber, q.delivered = nil, false
		if n := len(q.messages); r.Forgetful && n > 0 {
			q.messages = q.messages[:n-1]
		}
	}
	for id := range r.queues {
		if r.Amnesiac {
			delete(r.queues, id)
		}
		break
	}
}

// Cut ends all sessions; where the router runs their lines begin others.
func (r *Router) Cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.connections {
		l.cut()
		if r.running {
			l.connect()
		}
	}
}

// Left is how many queues there are.
func (r *Router) Left() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.queues)
}

// Dial is a dialer.
func (r *Router) Dial(_ int, queues []*client.RcvQueue, on func(load.Event)) load.Connection {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := &connection{router: r, on: on, added: map[string]*client.RcvQueue{}}
	for _, q := range queues {
		l.added[string(q.ID)] = q
	}
	r.connections = append(r.connections, l)
	if r.running {
		l.connect()
	}
	return l
}

// connection reconnects as soon as the router runs. Its fields are guarded by the router's lock.
type connection struct {
	router  *Router
	on      func(load.Event)
	added   map[string]*client.RcvQueue
	session *session
	closed  bool
	lives   sync.WaitGroup
}

func (l *connection) Add(queues ...*client.RcvQueue) {
	l.router.mu.Lock()
	defer l.router.mu.Unlock()
	for _, q := range queues {
		l.added[string(q.ID)] = q
	}
}

func (l *connection) Remove(queues ...*client.RcvQueue) {
	l.router.mu.Lock()
	defer l.router.mu.Unlock()
	for _, q := range queues {
		delete(l.added, string(q.ID))
	}
}

func (l *connection) Close() {
	l.router.mu.Lock()
	l.closed = true
	l.cut()
	l.router.mu.Unlock()
	l.lives.Wait()
}

// connect begins a session, after the last one has ended.
func (l *connection) connect() {
	if l.closed {
		return
	}
	before := l.session
	s := &session{conn: l, ended: make(chan struct{})}
	s.wake = sync.NewCond(&l.router.mu)
	l.session = s
	s.tasks = append(s.tasks, task{run: func() func() {
		for _, q := range l.added {
			if err := s.take(q); err != nil {
				defer l.later(load.Event{Kind: load.EventQueue, Entity: q.ID, Err: err})
			}
		}
		return func() { l.on(load.Event{Kind: load.EventUp, Session: s}) }
	}})
	l.lives.Go(func() {
		if before != nil {
			<-before.ended
		}
		s.run()
	})
}

func (l *connection) later(e load.Event) {
	l.session.tasks = append(l.session.tasks, task{run: func() func() { return func() { l.on(e) } }})
}

func (l *connection) cut() {
	if l.session != nil {
		l.session.over = true
		l.session.wake.Broadcast()
	}
}

// session runs what it is asked to do on a goroutine of its own, one after the other.
type session struct {
	conn  *connection
	wake  *sync.Cond
	tasks []task
	over  bool
	ended chan struct{}
}

// task is run under the router's lock, what it returns without. When the session is cut, cut runs instead.
type task struct {
	run func() func()
	cut func()
}

func (s *session) run() {
	r := s.conn.router
	r.mu.Lock()
	defer r.mu.Unlock()
	defer close(s.ended)
	for {
		for len(s.tasks) == 0 && !s.over {
			s.wake.Wait()
		}
		if s.over {
			break
		}
		task := s.tasks[0]
		s.tasks = s.tasks[1:]
		then := task.run()
		r.sync()
		r.mu.Unlock()
		then()
		r.mu.Lock()
	}
	// What was read before the cut is obeyed, and not answered.
	obeyed := r.rand.IntN(len(s.tasks) + 1)
	for i, task := range s.tasks {
		if i < obeyed && !r.running && r.SyncEvery == 0 {
			task.run()
		}
		if task.cut != nil {
			r.mu.Unlock()
			task.cut()
			r.mu.Lock()
		}
	}
	r.mu.Unlock()
	s.conn.on(load.Event{Kind: load.EventDown, Err: ErrCut})
	r.mu.Lock()
}

func (s *session) do(run func() func(), cut func()) error {
	r := s.conn.router
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.over {
		return ErrCut
	}
	s.tasks = append(s.tasks, task{run, cut})
	s.wake.Broadcast()
	return nil
}

// answer runs a command whose answer is an error or OK.
func (s *session) answer(run func() error, done func(error)) error {
	return s.do(func() func() {
		err := run()
		return func() { done(err) }
	}, func() { done(ErrCut) })
}

func (s *session) Create(_ client.QueueParams, done func(*client.RcvQueue, error)) error {
	r := s.conn.router
	return s.do(func() func() {
		id := r.id()
		secret := make([]byte, box.KeySize)
		copy(secret, id)
		q := &client.RcvQueue{ID: id, SenderID: slices.Concat([]byte("s"), id), Secret: secret}
		r.queues[string(id)] = &queue{rcv: q, subscriber: s}
		return func() { done(q, nil) }
	}, func() { done(nil, ErrCut) })
}

func (s *session) Secure(q *client.RcvQueue, _ *client.SndQueue, _ bool, done func(error)) error {
	return s.answer(func() error {
		found, err := s.conn.router.find(q.ID)
		if err == nil {
			found.secured = true
		}
		return err
	}, done)
}

func (s *session) Subscribe(q *client.RcvQueue, done func(error)) error {
	return s.answer(func() error { return s.take(q) }, done)
}

func (s *session) Remove(q *client.RcvQueue, done func(error)) error {
	r := s.conn.router
	return s.answer(func() error {
		_, err := r.find(q.ID)
		if r.deleted++; r.Revive == 0 || r.deleted%r.Revive != 0 {
			delete(r.queues, string(q.ID))
		}
		return err
	}, done)
}

func (s *session) Send(q *client.SndQueue, body []byte, done func(error)) error {
	r := s.conn.router
	body = slices.Clone(body)
	return s.answer(func() error {
		found, err := r.find(q.ID[1:])
		if err != nil {
			return err
		}
		if found.secured != (q.Key != nil) {
			return smp.ErrAuth
		}
		return r.store(found, body)
	}, done)
}

func (s *session) Ack(q *client.RcvQueue, msgID []byte, done func(load.Message, error)) error {
	r := s.conn.router
	return s.do(func() func() {
		found, err := r.find(q.ID)
		var next load.Message
		switch {
		case err != nil:
		case !found.delivered || found.subscriber != s || string(found.messages[0].id) != string(msgID):
			err = smp.ErrNoMsg
		default:
			found.messages = found.messages[1:]
			if found.delivered = len(found.messages) > 0; found.delivered {
				next = r.seal(found, found.messages[0])
			}
		}
		return func() { done(next, err) }
	}, func() { done(load.Message{}, ErrCut) })
}
