//go:build simulate

package engine

import "github.com/panjf2000/gnet/v2"

// poller is that of a simulated loop, whose sockets are told what to be watched for.
type poller bool

const noPoller poller = false

func pollerOf(gnet.EventLoop) poller { return true }

func (p poller) set(c gnet.Conn, w watch) bool {
	if p {
		c.(SimulatedSocket).Watch(w == watchAll, w <= watchOutput)
	}
	return bool(p)
}
