//go:build linux && !poll_opt && !simulate

package engine_test

import (
	"errors"
	"io"
	"math"
	"net"
	"testing"
	"time"

	"switchyard/engine"
	"switchyard/smp"
)

// readAhead is what may wait in the router of a connection that is not read: what came before the first command that had to
// wait, and a read of gnet.
const readAhead = 128 << 10

// pausedAt waits until the router reads no more from as many connections, and from what else it reads is done.
func (r *testRouter) pausedAt(t testing.TB, connections int) {
	t.Helper()
	until(t, "the router stops reading, and rests", func() bool { return r.Sockets().Paused == connections && r.Quiet() })
	if n := r.Sockets().Input; n > readAhead {
		t.Errorf("%d bytes wait in the router", n)
	}
}

// closedNone fails when connections were closed for a limit.
func (r *testRouter) closedNone(t testing.TB) {
	t.Helper()
	for cause, n := range r.Stats().Closed {
		if n > 0 && cause != string(engine.CausePeer) {
			t.Errorf("%d connections are closed for %s", n, cause)
		}
	}
}

// A client may send far more than the router holds before it reads: it is held back, and everything is answered.
func TestReadingStops(t *testing.T) {
	r := startRouter(t)
	c := r.rawDial(t, 19)
	const blocks = 1024 // 16 MiB each way
	sent := c.pour(blocks)
	r.pausedAt(t, 1)
	exchange(t, r.dial(t), r.dial(t), 1)
	select {
	case n := <-sent:
		t.Fatalf("%d blocks are sent to a router that does not read", n)
	default:
	}
	block := make([]byte, smp.BlockSize)
	for i := range blocks {
		if err := c.read(block); err != nil {
			t.Fatalf("block %d: %v", i, err)
		}
	}
	if n := <-sent; n != blocks {
		t.Errorf("%d blocks are sent", n)
	}
	until(t, "the router reads again", func() bool { return r.Sockets().Paused == 0 })
	c.ask(c.transmission(nil, "p", "", "PING"))
	r.closedNone(t)
}

// A peer that is held back and takes nothing for long is closed.
func TestReadingStopsForGood(t *testing.T) {
	r := startRouterWith(t, func(r *engine.Router) { r.LimitBacklog(math.MaxInt64/2, 50*time.Millisecond) })
	sent := r.rawDial(t, 19).pour(math.MaxInt)
	r.closedFor(t, engine.CauseUnread)
	<-sent
}

// A client that is too fast is held back.
func TestReadingStopsOfThrottled(t *testing.T) {
	r := startRouter(t, limits(engine.Limits{CommandsPerSecond: 1}))
	c := r.rawDial(t, 19)
	sent := c.pour(math.MaxInt)
	r.pausedAt(t, 1)
	c.responses(smp.MaxBatch)
	r.pausedAt(t, 1)
	r.closedNone(t)
	c.socket.Close()
	<-sent
}

// A socket that gnet reads again, for a reason of its own, is read once.
func TestReadingStopsAgain(t *testing.T) {
	r := startRouter(t, limits(engine.Limits{CommandsPerSecond: 1}))
	c := r.rawDial(t, 19)
	sent := c.pour(math.MaxInt)
	r.pausedAt(t, 1)
	r.ReadAgain()
	until(t, "the router rests", func() bool { return r.Sockets().Paused == 1 && r.Quiet() })
	r.closedNone(t)
	c.socket.Close()
	<-sent
}

// A router that stops reads from a client whose socket was left unread, and throws away what comes: so the client can send
// the rest of what it was about to, and no reset keeps it from reading the goodbye.
func TestStopReadsAgain(t *testing.T) {
	r := startRouter(t, limits(engine.Limits{CommandsPerSecond: 1}))
	c := r.rawDial(t, 19)
	const blocks = 1024
	sent := c.pour(blocks)
	r.pausedAt(t, 1)
	stopped := make(chan error)
	go func() { stopped <- r.Stop(testContext(t)) }()
	if n := <-sent; n != blocks {
		t.Errorf("%d blocks are sent", n)
	}
	if _, err := io.Copy(io.Discard, c.conn); err != nil {
		t.Error("the client reads", err)
	}
	c.socket.Close()
	if err := errors.Join(<-stopped, <-r.stopped, r.store.Close()); err != nil {
		t.Error(err)
	}
	r.store = nil
}

// The end of a stream that is not read makes no work, and is found when the input before it was taken.
func TestEndOfPausedStream(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	late := destination{relay: func(h *hostileSession) {
		close(asked)
		<-answer
		h.conn.Close()
	}}
	r := startRouter(t, asProxy, func(c *engine.Config) { c.ForwardsPerClient = 1 })
	c := r.rawDial(t, 19)
	c.send(c.forwarded(startHostile(t, late).address))
	<-asked
	const blocks = 30
	<-c.pour(blocks)
	if err := c.socket.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	r.pausedAt(t, 1)
	taken := r.Stats().BlocksIn
	close(answer)
	r.closedFor(t, engine.CausePeer)
	if n := r.Stats().BlocksIn; n != taken+blocks {
		t.Errorf("%d blocks are taken before the answer, %d in all", taken, n)
	}
	r.closedNone(t)
}

// A connection that is reset while it is not read is closed at once.
func TestResetOfPausedStream(t *testing.T) {
	r := startRouter(t, limits(engine.Limits{CommandsPerSecond: 1}))
	for _, read := range []bool{false, true} { // with output that waits, and without
		before := r.Stats().Closed[string(engine.CausePeer)]
		c := r.rawDial(t, 19)
		sent := c.pour(math.MaxInt)
		r.pausedAt(t, 1)
		if read {
			c.responses(smp.MaxBatch)
		}
		if err := c.socket.(*net.TCPConn).SetLinger(0); err != nil {
			t.Fatal(err)
		}
		c.socket.Close()
		<-sent
		until(t, "it is closed", func() bool { return r.Stats().Closed[string(engine.CausePeer)] == before+1 })
	}
	r.closedNone(t)
}

// Output goes out while input waits.
func TestOutputOfPausedStream(t *testing.T) {
	r := startWithLink(t, patient, limits(engine.Limits{CommandsPerSecond: 1}))
	c := r.deaf(t, "link") // 750 commands, of which 250 are taken
	sent := c.pour(60)
	r.pausedAt(t, 1)
	if got := c.responses(250); len(got) != 250 {
		t.Fatalf("%d responses", len(got))
	}
	<-sent
	r.pausedAt(t, 1)
	r.closedNone(t)
}

// So does it where so much input waits already that gnet is not to read on when it has written all.
func TestOutputOfPausedStreamWithMuchInput(t *testing.T) {
	r := startWithLink(t, func(r *engine.Router) { patient(r); r.NeverPause() }, limits(engine.Limits{CommandsPerSecond: 1}))
	c := r.deaf(t, "link")
	<-c.pour(60)
	until(t, "much waits", func() bool { return r.Sockets().Input > 60*smp.BlockSize })
	r.Pause()
	<-c.pour(1)
	until(t, "the socket is watched for nothing", func() bool { return r.Sockets().Nothing == 1 })
	before := r.Sockets().Input
	<-c.pour(1)
	if got := c.responses(250); len(got) != 250 {
		t.Fatalf("%d responses", len(got))
	}
	until(t, "the router rests", func() bool { return r.Sockets().Nothing == 1 && r.Quiet() })
	if n := r.Sockets().Input; n != before {
		t.Errorf("%d bytes wait, and before the output was written %d", n, before)
	}
	r.closedNone(t)
}
