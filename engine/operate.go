package engine

import (
	"context"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/shard"
	"switchyard/smp"
)

// This file is what the operator asks of a running router, and tells it to do.

// port counts the connections that came to one port.
type port struct {
	number           string
	accepted, closed atomic.Int64
}

func newPorts(addrs []string) map[string]*port {
	all := make(map[string]*port)
	for _, addr := range addrs {
		if _, number, err := net.SplitHostPort(addr); err == nil {
			all[number] = &port{number: number}
		}
	}
	return all
}

// admit numbers a connection, and counts it for its port.
func (r *Router) admit(s *session) {
	s.number = r.numbers.Add(1)
	s.created = uint32(s.active.Unix())
	if _, number, err := net.SplitHostPort(s.conn.LocalAddr().String()); err == nil {
		s.port = r.ports[number]
	}
	if s.port != nil {
		s.port.accepted.Add(1)
	}
}

// Connection is what the operator is told of one. Its address is kept by nobody.
type Connection struct {
	Number    int64  // of the connections since the start
	Port      string // that it came to
	Loop      int    // that owns it
	State     string // tls, hello or open
	SessionID []byte // nil until it is open

	Created, Received, Sent time.Time // Received, Sent: the last block; Created without one

	Subscriptions int   // to messages and notifications, and a service
	Notifiers     int   // of those, to notifications
	Gets          int   // queues that it uses GET of
	Commands      int64 // since it was opened
	Asked         int   // commands that are not answered
	Unsent        int   // blocks that are not written
	Unread        int   // messages that were pushed and have not left
	Held          int   // bytes of its buffers
}

// Connections lists the connections, in the order in which they came. It waits for all loops.
func (r *Router) Connections(ctx context.Context) (all []Connection, err error) {
	var mu sync.Mutex
	err = r.onLoops(ctx, func(l *loop) {
		part := make([]Connection, 0, len(l.sessions))
		for s := range l.sessions {
			part = append(part, s.describe())
		}
		mu.Lock()
		defer mu.Unlock()
		for i := range part {
			part[i].Loop = l.index
		}
		all = append(all, part...)
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b Connection) int { return int(a.Number - b.Number) })
	return all, nil
}

var phaseNames = [...]string{phaseTLS: "tls", phaseHello: "hello", phaseOpen: "open", phaseClosed: "closed"}

// describe is called on the loop.
func (s *session) describe() Connection {
	at := func(seconds uint32) time.Time { return time.Unix(int64(max(seconds, s.created)), 0) }
	c := Connection{
		Number: s.number, State: phaseNames[s.phase],
		Created: at(s.created), Received: at(s.received), Sent: at(s.sent),
		Commands: s.given, Asked: s.asked, Unsent: len(s.sealed),
		Held: s.unfinished() + s.conn.OutboundBuffered() + len(s.sealed)*smp.BlockSize,
	}
	if s.port != nil {
		c.Port = s.port.number
	}
	if s.out != nil {
		c.Unsent++
		c.Held += smp.BlockSize
	}
	if s.phase == phaseOpen {
		c.SessionID = s.client.SessionID
		c.Subscriptions, c.Notifiers = int(s.client.Subscriptions.Load()), int(s.client.Notifiers.Load())
		c.Gets, c.Unread = int(s.client.Gets.Load()), s.client.Window.Taken()
	}
	return c
}

// PortCounts are those of the connections to one port.
type PortCounts struct {
	Port             string
	Accepted, Closed int64
}

// Ports counts connections by port, since the start, in the order of the configuration.
func (r *Router) Ports() (all []PortCounts) {
	for _, addr := range r.cfg.Listen {
		_, number, _ := net.SplitHostPort(addr)
		p := r.ports[number]
		if p == nil || slices.ContainsFunc(all, func(c PortCounts) bool { return c.Port == number }) {
			continue
		}
		closed := p.closed.Load() // before accepted, so that there are never more
		all = append(all, PortCounts{Port: number, Accepted: p.accepted.Load(), Closed: closed})
	}
	return all
}

// Drain has the router take no new connections any more. Those that there are stay until they end, or the router does.
func (r *Router) Drain() {
	r.draining.Store(true)
	select {
	case <-r.ready:
	case <-r.stopping:
		return
	}
	r.mu.Lock()
	acceptor := r.acceptor
	r.mu.Unlock()
	acceptor.Stop()
}

// Draining tells that the router takes no new connections.
func (r *Router) Draining() bool { return r.draining.Load() }

// QueueState looks at the queue with this sender or link ID.
func (r *Router) QueueState(id []byte) (shard.QueueState, error) { return r.shards.State(id) }

// BlockQueue blocks it, as Set.Block of package shard says.
func (r *Router) BlockQueue(id []byte, blocked smp.Error) (before shard.QueueState, err error) {
	return r.shards.Block(id, blocked)
}

// UnblockQueue unblocks it.
func (r *Router) UnblockQueue(id []byte) (before shard.QueueState, err error) {
	return r.shards.Unblock(id)
}

// DeleteQueue deletes it, with its messages, which it counts.
func (r *Router) DeleteQueue(id []byte) (messages int, err error) { return r.shards.Delete(id) }
