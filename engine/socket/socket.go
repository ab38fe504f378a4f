// Package socket leaves sockets of gnet unread.
//
// gnet reads a socket whenever it has something, and has no way not to. But its loops wait with epoll for what they have
// asked for, so a socket that is not asked about input is not read: what comes stays in the kernel. A Socket says what gnet's
// loop is to wait for at a socket. What a peer sends to one that is left unread costs this process about one read of gnet,
// 64 KiB.
//
// It relies on these of gnet v2.10.0; TestReadingStops and its neighbours fail where another version has it otherwise:
//
//	gnet                                                        so here
//	eventloop.poller.fd is the epoll of a loop                  PollerOf finds it by reflection, or sockets are always read
//	an event has the file descriptor, but with tag poll_opt     Set makes the event anew; with poll_opt sockets are always read
//	epoll is level-triggered                                    what came meanwhile is told when input is asked about again
//	a connection's work is done on its loop's goroutine         neither gnet nor a session is surprised by the other
//	an event with nothing but errors closes the connection      a reset is found though nothing is asked about
//	a write that fills its buffer asks about room and input     the session calls Changed, and Want again
//	a write that empties its buffer asks about input            Changed, as OnTraffic calls it; see below
//
// The last is wanted when output was all that input waited for. Otherwise the one read that comes of it ends in traffic, and the
// socket waits again. So that this cannot go on for ever, a session that has got much input in that way is written to by the
// loop's look at clogged sockets, and its socket is watched for nothing.
//
// The package imports gnet only. All that is here belongs to the goroutine of a connection's event loop.
package socket

import "github.com/panjf2000/gnet/v2"

// Socket is a connection of gnet whose socket can be left unread.
type Socket struct {
	gnet.Conn
	poller  *Poller // the loop's
	watched Watch   // as far as we have changed that
}

// Watch is what gnet's loop waits for at a socket.
type Watch uint8

const (
	All     Watch = iota // what gnet wants, which always includes input
	Output               // room for output that waits
	Nothing              // only errors
	unknown              // gnet has changed it since, or may have
)

// New is a connection of the loop that waits with this poller.
func New(c gnet.Conn, p *Poller) Socket { return Socket{Conn: c, poller: p} }

// Watched is what the socket is watched for, as far as we have changed that.
func (s *Socket) Watched() Watch { return s.watched }

// CanWait tells whether the socket can be left unread.
func (s *Socket) CanWait() bool { return *s.poller != NoPoller }

// Want has the socket watched for what is given. It costs a system call only when that changes. Where it cannot be done the
// socket is read all the time.
func (s *Socket) Want(w Watch) {
	if w != s.watched && s.poller.Set(s.Conn, w) {
		s.watched = w
	}
}

// Changed is told that gnet has changed what the socket is watched for, or may have.
func (s *Socket) Changed() {
	if s.watched != All {
		s.watched = unknown
	}
}
