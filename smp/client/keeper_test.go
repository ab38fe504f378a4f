package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/smp"
)

// keeperOf makes a keeper of the router whose events go to a channel.
func keeperOf(config Config) (*Keeper, chan Event) {
	events := make(chan Event, 1000)
	config.OnEvent = func(e Event) {
		e.own()
		events <- e
	}
	return NewKeeper(KeeperConfig{Config: config}), events
}

// TestKeeperSubscribesAgain breaks the connection; the keeper comes back with its queues subscribed.
func TestKeeperSubscribesAgain(t *testing.T) {
	model := newQueueRouter()
	router := newTestRouter(t, nil)
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		conns := make(chan *routerConn, 10)
		router.script = func(c *routerConn) {
			conns <- c
			model.serve(c)
		}
		k, events := keeperOf(router.config())
		c, err := k.Wait(ctx)
		must(t, err)
		if e := <-events; e.Kind != EventUp || e.Client != c {
			t.Errorf("event %+v", e)
		}
		q, err := c.NewQueue(ctx, QueueParams{Subscribe: true})
		must(t, err)
		lost, err := c.NewQueue(ctx, QueueParams{})
		must(t, err)
		gone, err := c.NewQueue(ctx, QueueParams{})
		must(t, err)
		k.Add(q, lost, gone)
		k.Remove(gone)
		must(t, c.Delete(ctx, lost))

		must(t, (<-conns).Close())
		if e := <-events; e.Kind != EventDown || e.Client != c || !errors.Is(e.Err, ErrDisconnected) {
			t.Errorf("event %+v", e)
		}
		again, err := k.Wait(ctx)
		must(t, err)
		if again == c || k.Client() != again {
			t.Error("not a new client")
		}
		if e := <-events; e.Kind != EventError || string(e.Entity) != string(lost.ID) || e.Err != smp.ErrAuth {
			t.Errorf("event %+v", e)
		}
		if e := <-events; e.Kind != EventUp || e.Client != again {
			t.Errorf("event %+v", e)
		}
		must(t, again.Send(ctx, q.Sender(nil), false, []byte("hello")))
		if e := <-events; e.Kind != EventMessage || string(e.Entity) != string(q.ID) {
			t.Errorf("event %+v", e)
		}
		k.Close()
		if e := <-events; e.Kind != EventDown || e.Err != ErrClosed {
			t.Errorf("event %+v", e)
		}
		if c, err := k.Wait(ctx); c != nil || err != ErrClosed {
			t.Errorf("after Close: %v", err)
		}
		if k.Client() != nil || len(events) != 0 {
			t.Errorf("after Close: client %v, %d events", k.Client() != nil, len(events))
		}
	})
}

// TestKeeperBacksOff counts the attempts at a router that is away, and then back.
func TestKeeperBacksOff(t *testing.T) {
	router := newTestRouter(t, newQueueRouter().serve)
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		config := router.config()
		answering := config.Connect
		var tried atomic.Int32
		var back atomic.Bool
		config.Connect = func(ctx context.Context, address string) (net.Conn, error) {
			if tried.Add(1); !back.Load() {
				return nil, net.ErrClosed
			}
			return answering(ctx, address)
		}
		k, events := keeperOf(config)
		brief, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		if _, err := k.Wait(brief); err != context.DeadlineExceeded {
			t.Errorf("error %v", err)
		}
		synctest.Wait()
		attempts := tried.Load()
		// 1, 2, 4, 8, 10, 10… seconds, at most twice as often by jitter.
		if attempts < 7 || attempts > 14 {
			t.Errorf("%d attempts in a minute", attempts)
		}
		for range attempts {
			if e := <-events; e.Kind != EventDown || e.Client != nil || !errors.Is(e.Err, net.ErrClosed) {
				t.Errorf("event %+v", e)
			}
		}
		back.Store(true)
		c, err := k.Wait(ctx)
		must(t, err)
		must(t, c.Ping(ctx))
		k.Close()
	})
}

// TestKeeperOfAFickleRouter has a router that hangs up right after the handshake: delays grow all the same.
func TestKeeperOfAFickleRouter(t *testing.T) {
	var connected atomic.Int32
	router := newTestRouter(t, nil)
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		router.script = func(*routerConn) { connected.Add(1) }
		k, _ := keeperOf(router.config())
		<-time.After(time.Minute)
		synctest.Wait()
		if n := connected.Load(); n < 7 || n > 14 {
			t.Errorf("%d connections in a minute", n)
		}
		k.Close()
	})
}

// TestKeeperClosedWhileDialing closes a keeper whose router does not answer.
func TestKeeperClosedWhileDialing(t *testing.T) {
	router := newTestRouter(t, nil)
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		router.greet = func(c *routerConn, _ []byte) { c.drain() }
		k, events := keeperOf(router.config())
		synctest.Wait()
		k.Close()
		if e := <-events; e.Kind != EventDown || !errors.Is(e.Err, context.Canceled) {
			t.Errorf("event %+v", e)
		}
	})
}

func TestBackoff(t *testing.T) {
	b := backoff{least: time.Second, most: 10 * time.Second}
	for i, whole := range []time.Duration{1, 2, 4, 8, 10, 10, 10} {
		if d := b.next(); d < whole*time.Second/2 || d > whole*time.Second {
			t.Errorf("delay %d is %v", i, d)
		}
	}
	b.attempt = 1 << 40
	if d := b.next(); d > 10*time.Second {
		t.Errorf("after very many attempts: %v", d)
	}
	distinct := make(map[time.Duration]bool)
	for range 20 {
		distinct[b.next()] = true
	}
	if len(distinct) < 10 {
		t.Error("delays without jitter:", fmt.Sprint(distinct))
	}
}
