package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"switchyard/engine/socket"
)

// This file ends a router so that nobody is left in doubt who need not be:
//
//	accept no connection → take no command → end the handshakes and relays → let the shards answer and store what they have
//	  → write the answers, close_notify, and close the sending side of each socket → wait for the peers to close theirs
//
// A socket that is closed while it has unread input is reset, and what was sent last may never be read. So the peer, which
// may be sending at full speed, closes first; what it still sends is thrown away unread.

// Stop ends the router. What hangs, as a disk that does not answer may, is left behind when ctx is done: clients are told
// goodbye nevertheless, and the error says what did not end. The store stays open.
func (r *Router) Stop(ctx context.Context) error {
	err := errors.New("engine: already stopped")
	r.stop.Do(func() { err = r.shutdown(ctx) })
	return err
}

func (r *Router) shutdown(ctx context.Context) error {
	defer close(r.halted)
	r.mu.Lock()
	close(r.stopping)
	acceptor, events := r.acceptor, r.events
	r.mu.Unlock()
	if acceptor != nil {
		if err := within(ctx, "the acceptors", acceptor.Stop); err != nil {
			return err
		}
	}
	if err := r.onLoops(ctx, (*loop).stopInput); err != nil {
		return err // they wait for shards that wait for the disk
	}
	var shards error
	err := within(ctx, "the handshakes", r.workers.Stop)
	if err == nil && r.relays != nil {
		err = within(ctx, "the connections with other routers", r.relays.Close)
	}
	if err == nil {
		closed := make(chan error, 1)
		if err = within(ctx, "the shards", func() { closed <- r.shards.Close() }); err == nil {
			shards = <-closed
		}
	}
	err = errors.Join(err, shards)
	if acceptor == nil {
		return err
	}
	bye, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	if late := r.onLoops(bye, (*loop).leaveAll); late != nil {
		return errors.Join(err, late)
	}
	r.linger(bye)
	end := func() { _ = events.Stop() }
	return errors.Join(err, within(bye, "the event loops", end))
}

// within does something and waits for it until ctx is done; then it is left behind.
func within(ctx context.Context, what string, do func()) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("engine: stop: %s did not end in time: %w", what, ctx.Err())
	}
}

// onLoops does something on every loop.
func (r *Router) onLoops(ctx context.Context, do func(*loop)) error {
	var all sync.WaitGroup
	r.eachLoop(func(l *loop) {
		all.Add(1)
		l.run(func() { defer all.Done(); do(l) })
	})
	return within(ctx, "the event loops", all.Wait)
}

// linger waits until the peers have closed their sides, or had some time for it after they were sent everything.
func (r *Router) linger(ctx context.Context) {
	began := time.Now()
	tick := time.NewTicker(lingerTick)
	defer tick.Stop()
	for {
		var mu sync.Mutex
		left, unsent := 0, 0
		err := r.onLoops(ctx, func(l *loop) {
			mu.Lock()
			defer mu.Unlock()
			left += len(l.leaving)
			unsent += l.unsent()
		})
		if err != nil || left == 0 || unsent == 0 && time.Since(began) > lingerTime {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// leaveAll takes leave of every session, with what it has to say written first.
func (l *loop) leaveAll() {
	l.takeReplies()
	l.takeRelayed()
	l.flush()
	l.leaving = make(map[*session]struct{}, len(l.sessions))
	for s := range l.sessions {
		s.leave()
	}
}

// leave is close, except that the peer is to close the socket.
func (s *session) leave() {
	if s.busy || !s.tls.HandshakeDone() {
		s.close(CauseStop)
		return
	}
	s.flush()
	if s.phase == phaseClosed { // the write failed
		return
	}
	s.write(s.tls.CloseNotify(nil))
	if s.phase == phaseClosed {
		return
	}
	s.conn.Want(socket.All)
	s.end(CauseStop)
	s.leaving = true
	s.loop.leaving[s] = struct{}{}
	_, _ = s.conn.Discard(-1)
	s.endSending()
}

// endSending closes our side of a socket that has taken everything; it says whether it has.
func (s *session) endSending() bool {
	if s.conn.OutboundBuffered() > 0 {
		return false
	}
	_ = syscall.Shutdown(s.conn.Fd(), syscall.SHUT_WR) // twice is no harm; the connection may be gone
	return true
}

// unsent ends the sending of sessions that we have left, and counts those whose socket has not taken everything.
func (l *loop) unsent() (n int) {
	for s := range l.leaving {
		if !s.endSending() {
			n++
		}
	}
	return n
}
