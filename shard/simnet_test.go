//go:build simulate

package shard

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"sync"

	"github.com/panjf2000/gnet/v2"

	"switchyard/internal/simulate"
	"switchyard/smp"
)

// The network of a simulation: sockets, and loops that do with them what gnet's do.
//
//	client ─▶ arrived ─▶ inbound ─▶ session ─▶ outbound ─▶ left ─▶ client
//	          kernel      gnet                  gnet       kernel

// SimRouter is what a simulation runs of package engine, which imports this one. The goroutine of a loop calls it.
type SimRouter interface {
	Open(socket gnet.Conn, v smp.Version) *Client
	Traffic(socket gnet.Conn)
	Closed(socket gnet.Conn)
	LookAfter(loop gnet.EventLoop)
	StopInput(loop gnet.EventLoop)
	Session(socket gnet.Conn) SimSession // at rest
}

// SimSession is what a session is about.
type SimSession struct {
	Open, Clogged, Waits bool
	Asked                int
}

// simLoop is an event loop of gnet.
type simLoop struct {
	gnet.EventLoop // nil: what is not here is not used
	router         SimRouter
	random         *rand.Rand
	sockets        []*simSocket
	bell           chan struct{} // something has happened

	mu    sync.Mutex // guards what the driver and others touch, too: these, and parts of sockets
	tasks []gnet.Runnable
	ended bool
}

// simRead is how much gnet reads at a time.
const simRead = 64 << 10

func newSimLoop(router SimRouter, random *rand.Rand) *simLoop {
	l := &simLoop{random: random, router: router, bell: make(chan struct{}, 1)}
	simulate.Go("loop", l.run)
	return l
}

func (l *simLoop) ring() {
	select {
	case l.bell <- struct{}{}:
	default:
	}
}

// Execute implements gnet.EventLoop.
func (l *simLoop) Execute(_ context.Context, r gnet.Runnable) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tasks = append(l.tasks, r)
	l.ring()
	return nil
}

// do has the loop do something.
func (l *simLoop) do(f func()) {
	_ = l.Execute(context.Background(), gnet.RunnableFunc(func(context.Context) error { f(); return nil }))
}

func (l *simLoop) end() { l.do(func() { l.ended = true }) }

func (l *simLoop) run() {
	for !l.ended {
		simulate.Receive(l.bell)
		for l.turn() {
		}
	}
}

// turn sees to all sockets and then to what is to be executed. It says whether there was anything.
func (l *simLoop) turn() bool {
	some := false
	sockets := slices.Clone(l.sockets)
	l.random.Shuffle(len(sockets), func(i, j int) { sockets[i], sockets[j] = sockets[j], sockets[i] })
	for _, s := range sockets {
		if s.process() {
			some = true
			simulate.Point("socket")
		}
	}
	l.mu.Lock()
	tasks := l.tasks
	l.tasks = nil
	l.mu.Unlock()
	for _, t := range tasks {
		_ = t.Run(context.Background())
		simulate.Point("task")
	}
	return some || len(tasks) > 0
}

// simSocket is a connection: of the kernel, and of gnet.
type simSocket struct {
	gnet.Conn // nil: what is not here is not used
	loop      *simLoop
	context   any

	// Of the kernel. The loop's mu guards it.
	arrived []byte
	left    []byte
	room    int  // for left
	eof     bool // the client has closed it
	reset   bool // and the router learns of it at once
	closed  bool // by the router

	// Of gnet.
	input    bool // what it waits for
	output   bool
	inbound  []byte
	outbound []byte
}

// kernel does something with what the kernel has of the socket, from any goroutine.
func (s *simSocket) kernel(do func()) {
	s.loop.mu.Lock()
	defer s.loop.mu.Unlock()
	do()
	s.loop.ring()
}

// look is kernel for the loop, which hears nothing of itself.
func (s *simSocket) look(do func()) {
	s.loop.mu.Lock()
	defer s.loop.mu.Unlock()
	do()
}

// process does what gnet does when the socket has something or takes something; it says whether it did.
func (s *simSocket) process() (some bool) {
	var closed, reset, readable, writable bool
	s.look(func() {
		closed, reset = s.closed, s.reset
		readable = len(s.arrived) > 0 || s.eof
		writable = len(s.left) < s.room
	})
	switch {
	case closed:
		return false
	case reset:
		s.outbound = nil
		s.close()
		return true
	}
	if s.output && len(s.outbound) > 0 && writable {
		some = true
		_ = s.Flush()
	}
	if s.input && readable {
		some = true
		s.read()
	}
	return some
}

func (s *simSocket) read() {
	end := false
	s.look(func() {
		if end = s.closed || len(s.arrived) == 0; end {
			return
		}
		n := min(len(s.arrived), simRead, 1+s.loop.random.IntN(3*smp.BlockSize))
		s.inbound = append(s.inbound, s.arrived[:n]...)
		s.arrived = s.arrived[n:]
	})
	if end {
		s.close()
		return
	}
	s.loop.router.Traffic(s)
}

// push gives bytes to the kernel, as far as it takes them. A socket that the client has closed takes them, and is reset.
func (s *simSocket) push(b []byte) (n int) {
	s.look(func() {
		s.reset = s.reset || s.eof && len(b) > 0
		n = max(0, min(len(b), s.room-len(s.left)))
		s.left = append(s.left, b[:n]...)
	})
	return n
}

func (s *simSocket) close() {
	was := false
	s.look(func() { was, s.closed = s.closed, true })
	if was {
		return
	}
	s.loop.sockets = slices.DeleteFunc(s.loop.sockets, func(other *simSocket) bool { return other == s })
	s.loop.router.Closed(s)
	s.push(s.outbound)
	s.inbound, s.outbound = nil, nil
}

// Close implements gnet.EventLoop.
func (l *simLoop) Close(c gnet.Conn) error {
	c.(*simSocket).close()
	return nil
}

var errSimReset = errors.New("connection reset by peer")

// Write implements gnet.Conn, as do all that follow.
func (s *simSocket) Write(b []byte) (int, error) {
	var closed, reset bool
	s.look(func() { closed, reset = s.closed, s.reset })
	switch {
	case closed:
		return 0, net.ErrClosed
	case len(s.outbound) > 0:
		s.outbound = append(s.outbound, b...)
		return len(b), nil
	case reset:
		s.close()
		return 0, errSimReset
	}
	if n := s.push(b); n < len(b) {
		s.outbound = append(s.outbound, b[n:]...)
		s.input, s.output = true, true
	}
	return len(b), nil
}

func (s *simSocket) Writev(all [][]byte) (int, error) { return s.Write(slices.Concat(all...)) }

// Flush waits for input again when that was all.
func (s *simSocket) Flush() error {
	if len(s.outbound) == 0 {
		return nil
	}
	n := s.push(s.outbound)
	if s.outbound = s.outbound[n:]; len(s.outbound) == 0 {
		s.input, s.output = true, false
	}
	return nil
}

func (s *simSocket) Peek(n int) ([]byte, error) {
	if n < 0 {
		n = len(s.inbound)
	}
	if n > len(s.inbound) {
		return nil, io.ErrShortBuffer
	}
	return s.inbound[:n], nil
}

func (s *simSocket) Discard(n int) (int, error) {
	if n < 0 || n > len(s.inbound) {
		n = len(s.inbound)
	}
	s.inbound = slices.Clone(s.inbound[n:])
	return n, nil
}

func (s *simSocket) InboundBuffered() int      { return len(s.inbound) }
func (s *simSocket) OutboundBuffered() int     { return len(s.outbound) }
func (s *simSocket) Context() any              { return s.context }
func (s *simSocket) SetContext(c any)          { s.context = c }
func (s *simSocket) EventLoop() gnet.EventLoop { return s.loop }
func (s *simSocket) Fd() int                   { return -1 }
func (s *simSocket) LocalAddr() net.Addr       { return &net.TCPAddr{} }
func (s *simSocket) RemoteAddr() net.Addr      { return &net.TCPAddr{} }

// Watch is what the engine has the kernel wait for.
func (s *simSocket) Watch(input, output bool) { s.input, s.output = input, output }
