//go:build simulate

package socket

import "github.com/panjf2000/gnet/v2"

// Simulated is a connection of a simulated network, which is told what it is to be watched for.
type Simulated interface {
	gnet.Conn
	Watch(input, output bool)
}

// Poller is that of a simulated loop, whose sockets are told what to be watched for.
type Poller bool

// NoPoller leaves sockets alone.
const NoPoller Poller = false

// PollerOf is that of every simulated loop.
func PollerOf(gnet.EventLoop) Poller { return true }

// Set tells a connection what it is watched for, and says whether it has.
func (p Poller) Set(c gnet.Conn, w Watch) bool {
	if p {
		c.(Simulated).Watch(w == All, w <= Output)
	}
	return bool(p)
}
