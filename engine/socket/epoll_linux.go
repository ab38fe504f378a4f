//go:build linux && !poll_opt && !simulate

package socket

import (
	"reflect"

	"github.com/panjf2000/gnet/v2"
	"golang.org/x/sys/unix"
)

// Poller is the epoll file descriptor of a loop.
type Poller int

// NoPoller is that of a loop of which it is not known.
const NoPoller Poller = -1

// PollerOf looks for it in gnet's loop, which does not tell. Other versions of gnet may have other fields:
// TestReadingStops finds that out.
func PollerOf(e gnet.EventLoop) Poller {
	fd := field(field(reflect.ValueOf(e), "poller"), "fd")
	if !fd.CanInt() {
		return NoPoller
	}
	return Poller(fd.Int())
}

// field is a field of the struct that v points to; the zero Value when there is none.
func field(v reflect.Value, name string) reflect.Value {
	if v = reflect.Indirect(v); v.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	return v.FieldByName(name)
}

// Set changes what a connection of the loop is watched for, and says whether it has.
func (p Poller) Set(c gnet.Conn, w Watch) bool {
	if p == NoPoller {
		return false
	}
	event := unix.EpollEvent{Fd: int32(c.Fd())}
	switch w {
	case All:
		event.Events = unix.EPOLLIN | unix.EPOLLPRI
		if c.OutboundBuffered() > 0 {
			event.Events |= unix.EPOLLOUT
		}
	case Output:
		event.Events = unix.EPOLLOUT
	}
	return unix.EpollCtl(int(p), unix.EPOLL_CTL_MOD, c.Fd(), &event) == nil
}
