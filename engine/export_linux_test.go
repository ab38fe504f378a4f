//go:build linux && !poll_opt && !simulate

package engine

import (
	"context"
	"sync"

	"switchyard/engine/socket"

	"golang.org/x/sys/unix"
)

// Sockets is how the router reads its connections.
type Sockets struct {
	Paused  int // that are not read
	Nothing int // of them, those that are not watched for room either
	Input   int // what waits in the router at one connection, at the most
}

// Sockets looks at all connections.
func (r *Router) Sockets() (all Sockets) {
	var mu sync.Mutex
	_ = r.onLoops(context.Background(), func(l *loop) {
		mu.Lock()
		defer mu.Unlock()
		for s := range l.sessions {
			all.Input = max(all.Input, s.conn.InboundBuffered())
			switch s.conn.Watched() {
			case socket.Nothing:
				all.Nothing++
				all.Paused++
			case socket.Output:
				all.Paused++
			}
		}
	})
	return all
}

// ReadAgain has every socket read again without the sessions' doing, as gnet may.
func (r *Router) ReadAgain() {
	_ = r.onLoops(context.Background(), func(l *loop) {
		for s := range l.sessions {
			l.poller.Set(s.conn.Conn, socket.All)
		}
	})
}

// Quiet tells whether no loop has an event to see to.
func (r *Router) Quiet() bool {
	var mu sync.Mutex
	quiet := true
	_ = r.onLoops(context.Background(), func(l *loop) {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(l.poller), Events: unix.POLLIN}}, 0)
		mu.Lock()
		defer mu.Unlock()
		quiet = quiet && n == 0 && err == nil
	})
	return quiet
}

// Pause ends what NeverPause has begun, while the router runs.
func (r *Router) Pause() {
	_ = r.onLoops(context.Background(), func(l *loop) { l.poller = socket.PollerOf(l.events) })
}
