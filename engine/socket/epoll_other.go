//go:build (!linux || poll_opt) && !simulate

package socket

import "github.com/panjf2000/gnet/v2"

// Poller would be what a loop waits with. Here a socket is read whatever its session can take.
type Poller struct{}

// NoPoller is that of a loop of which it is not known.
var NoPoller Poller

// PollerOf finds none.
func PollerOf(gnet.EventLoop) Poller { return NoPoller }

// Set does nothing, and says so.
func (Poller) Set(gnet.Conn, Watch) bool { return false }
