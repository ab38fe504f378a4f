//go:build (!linux || poll_opt) && !simulate

package engine

import "github.com/panjf2000/gnet/v2"

// poller would be what a loop waits with. Here a socket is read whatever its session can take.
type poller struct{}

// noPoller is that of a loop of which it is not known.
var noPoller poller

func pollerOf(gnet.EventLoop) poller { return noPoller }

func (poller) set(gnet.Conn, watch) bool { return false }
