package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/box"
	"switchyard/smp"
)

// blockCounter is a script that answers PING only when the test says so, and notes how many commands share blocks.
type blockCounter struct {
	perBlock []int
	commands chan smp.Transmission
	conn     chan *routerConn
}

func newBlockCounter() *blockCounter {
	return &blockCounter{commands: make(chan smp.Transmission, 1000), conn: make(chan *routerConn, 1)}
}

func (b *blockCounter) serve(c *routerConn) {
	b.conn <- c
	for {
		content, err := c.readBlock()
		if err != nil {
			return
		}
		batch, _ := smp.ParseBatch(content)
		b.perBlock = append(b.perBlock, batch.Len())
		for raw, more := batch.Next(); more; raw, more = batch.Next() {
			t, _ := smp.ParseTransmission(c.version, c.SessionID(), raw)
			b.commands <- t
		}
	}
}

func (c *routerConn) pong(t smp.Transmission) { c.respond(t.CorrID, nil, smp.AppendPong(nil)) }

// pipelined runs a test with a client whose commands the test answers itself.
func pipelined(t *testing.T, change func(*Config), test func(ctx context.Context, b *blockCounter, r *routerConn, c *Client)) {
	t.Helper()
	router := newTestRouter(t, nil)
	config := router.config()
	if change != nil {
		change(&config)
	}
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		b := newBlockCounter()
		router.script = b.serve
		c := router.dial(config)
		test(ctx, b, <-b.conn, c)
		hangUp(c)
	})
}

func TestWaitingCommandsShareBlocks(t *testing.T) {
	for _, alone := range []bool{false, true} {
		t.Run(fmt.Sprint("one command a block: ", alone), func(t *testing.T) {
			change := func(c *Config) { c.OneCommandPerBlock = alone }
			pipelined(t, change, func(ctx context.Context, b *blockCounter, r *routerConn, c *Client) {
				const commands = 600
				answered := make(chan int, commands)
				c.mu.Lock() // the writer cannot begin before all commands wait
				for i := range commands {
					i, id := i, newCorrID()
					ping := Ping()
					block, err := c.encodeBlock(&ping, &id)
					must(t, err)
					c.pending.add(id, pending{done: func(Response) { answered <- i }})
					c.enqueue(block)
				}
				c.mu.Unlock()
				for range commands {
					r.pong(<-b.commands)
				}
				for i := range commands {
					if got := <-answered; got != i {
						t.Fatalf("answer %d is that of command %d", i, got)
					}
				}
				if alone && len(b.perBlock) != commands || !alone && fmt.Sprint(b.perBlock) != "[255 255 90]" {
					t.Errorf("commands in blocks: %v", b.perBlock)
				}
			})
		})
	}
}

// TestLargeCommandsFillBlocks sends what fits a block exactly, and one byte more.
func TestLargeCommandsFillBlocks(t *testing.T) {
	for _, v := range []smp.Version{6, 10, 11, 19} {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			change := func(c *Config) { c.Versions = smp.VersionRange{Min: v, Max: v} }
			pipelined(t, change, func(ctx context.Context, b *blockCounter, r *routerConn, c *Client) {
				limit := smp.MaxContent
				if c.Encrypted() {
					limit = smp.MaxEncryptedContent
				}
				overhead := 3 + 1 + 25 + 1 // count, length, no authorization, IDs
				if v == 6 {
					overhead += 33
				}
				command := bytes.Repeat([]byte{'x'}, limit-overhead)
				must(t, c.Do(Raw(nil, nil, command), func(Response) {}))
				if got := <-b.commands; !bytes.Equal(got.Command, command) {
					t.Errorf("command of %d bytes arrived", len(got.Command))
				}
				if err := c.Do(Raw(nil, nil, append(command, 'x')), nil); err != ErrTooLarge {
					t.Errorf("one byte more: %v", err)
				}
				err := c.DoBatch([]Command{Ping(), Raw(nil, nil, command)}, func(int, Response) {})
				if (err == ErrTooLarge) == c.Encrypted() { // batches are limited as if blocks were encrypted
					t.Errorf("in a batch: %v", err)
				}
			})
		})
	}
}

func TestWindow(t *testing.T) {
	change := func(c *Config) { c.Window = 2 }
	pipelined(t, change, func(ctx context.Context, b *blockCounter, r *routerConn, c *Client) {
		results := make(chan error, 10)
		done := func(r Response) { results <- r.Err }
		must(t, c.Do(Ping(), done))
		must(t, c.Do(Ping(), done))
		if err := c.Do(Ping(), done); err != ErrWindow {
			t.Errorf("third command: %v", err)
		}
		if err := c.DoBatch([]Command{Ping(), Ping()}, nil); err != ErrWindow {
			t.Errorf("batch: %v", err)
		}
		first, second := <-b.commands, <-b.commands

		impatient, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if err := c.Ping(impatient); err != context.DeadlineExceeded {
			t.Errorf("waiting for a place: %v", err)
		}
		for range 3 {
			go func() { results <- c.Ping(ctx) }()
		}
		synctest.Wait()
		if n := len(b.commands); n != 0 {
			t.Errorf("%d commands beyond the window", n)
		}
		r.pong(first)
		r.pong(second)
		for range 3 {
			r.pong(<-b.commands)
		}
		for range 5 {
			must(t, <-results)
		}
		if c.Waiting() != 0 {
			t.Errorf("%d commands wait", c.Waiting())
		}
		go func() { results <- c.Ping(ctx) }()
		go func() { results <- c.Ping(ctx) }()
		go func() { results <- c.Ping(ctx) }()
		synctest.Wait()
		c.Close()
		for range 3 {
			if err := <-results; err != ErrClosed {
				t.Errorf("closed: %v", err)
			}
		}
	})
}

// TestTurnIsPassedOn cancels a call at the moment at which its turn has come: the next must get it.
func TestTurnIsPassedOn(t *testing.T) {
	change := func(c *Config) { c.Window = 1 }
	pipelined(t, change, func(ctx context.Context, b *blockCounter, r *routerConn, c *Client) {
		must(t, c.Do(Ping(), func(Response) {}))
		cancelled, cancel := context.WithCancel(ctx)
		results := make(chan error, 2)
		go func() { results <- c.Ping(cancelled) }()
		synctest.Wait()
		go func() { results <- c.Ping(ctx) }()
		synctest.Wait()
		c.mu.Lock()
		cancel()
		c.mu.Unlock()
		r.pong(<-b.commands)
		r.pong(<-b.commands)
		one, two := <-results, <-results
		if one != context.Canceled && two != context.Canceled {
			r.pong(<-b.commands) // the first was served before it saw its context end
		}
		for _, err := range []error{one, two} {
			if err != nil && err != context.Canceled {
				t.Error(err)
			}
		}
	})
}

// TestLateResponse cancels a call; the response that comes nevertheless is an event.
func TestLateResponse(t *testing.T) {
	pipelined(t, nil, func(ctx context.Context, b *blockCounter, r *routerConn, c *Client) {
		brief, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("lost patience"))
		defer cancel()
		if err := c.Ping(brief); err == nil || err.Error() != "lost patience" {
			t.Errorf("error %v", err)
		}
		if c.Waiting() != 0 {
			t.Error("a cancelled command waits")
		}
		r.pong(<-b.commands)
		if e := <-c.Events(); e.Kind != EventUnexpected || e.Tag != smp.RespPong || e.Err != ErrUnknownCommand {
			t.Errorf("event %+v", e)
		}
	})
}

func TestCommandTimeout(t *testing.T) {
	change := func(c *Config) { c.CommandTimeout = 10 * time.Second }
	pipelined(t, change, func(ctx context.Context, b *blockCounter, r *routerConn, c *Client) {
		for range 2 { // the timer has to start again
			began := time.Now()
			if err := c.Ping(ctx); err != ErrTimeout {
				t.Errorf("error %v", err)
			}
			if waited := time.Since(began); waited < 10*time.Second || waited > 15*time.Second {
				t.Errorf("waited %v", waited)
			}
			<-b.commands
		}
		answered := make(chan error, 1)
		must(t, c.Do(Ping(), func(r Response) { answered <- r.Err }))
		time.AfterFunc(9*time.Second, func() { r.pong(<-b.commands) })
		must(t, <-answered)
	})
}

// TestPings has a router that answers some PINGs, and then none.
func TestPings(t *testing.T) {
	const interval = 10 * time.Minute
	pings := 0
	router := newTestRouter(t, func(c *routerConn) {
		for {
			t, ok := c.next()
			if !ok {
				return
			}
			if pings++; pings <= 5 {
				c.pong(t)
			}
		}
	})
	config := router.config()
	config.PingInterval = interval
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		began := time.Now()
		c := router.dial(config)
		<-c.Done()
		if c.Err() != ErrTimeout {
			t.Errorf("ended with %v", c.Err())
		}
		if pings != 5+DefaultPingCount {
			t.Errorf("%d PINGs", pings)
		}
		if lived := time.Since(began).Round(time.Second); lived != 9*interval {
			t.Errorf("lived %v", lived)
		}
	})
}

// TestSilenceIsNotTheClocks: how long the router has been silent is told by a clock that nobody sets.
func TestSilenceIsNotTheClocks(t *testing.T) {
	c := newClient(&Config{}, &stream{})
	c.begun = time.Now()
	c.received()
	if at := c.LastReceived(); !strings.Contains(at.String(), " m=") || time.Since(at).Abs() > time.Hour {
		t.Errorf("%v has no monotonic reading", at)
	}
}

// TestBackPressure has nobody read the events: the router's writes stall, and Close still works.
func TestBackPressure(t *testing.T) {
	queue := bytes.Repeat([]byte{'q'}, 24)
	var sent atomic.Int32
	router := newTestRouter(t, func(c *routerConn) {
		for range 100 {
			if c.writeBlock(smp.AppendBatch(nil, c.transmission(nil, queue, smp.AppendEnd(nil)))) != nil {
				return
			}
			sent.Add(1)
		}
	})
	config := router.config()
	config.EventBuffer = 5
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		c := router.dial(config)
		synctest.Wait()
		if n := sent.Load(); n > 7 {
			t.Errorf("%d blocks were read for 5 events", n)
		}
		for range 50 {
			<-c.Events()
		}
		hangUp(c)
		if n := sent.Load(); n < 50 || n > 60 {
			t.Errorf("%d blocks were read for 50 events", n)
		}
	})
}

// TestRecordsOfAnySize cuts blocks into records of odd sizes, and puts KeyUpdates between them.
func TestRecordsOfAnySize(t *testing.T) {
	const blocks = 20
	queue := bytes.Repeat([]byte{'q'}, 24)
	for _, size := range []int{1000, 8192, 16383, 16384, 16385, 20000, 3 * smp.BlockSize} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			router := newTestRouter(t, func(c *routerConn) {
				var stream []byte
				for range blocks {
					stream = append(stream, c.seal(smp.AppendBatch(nil, c.transmission(nil, queue, smp.AppendEnd(nil))))...)
				}
				for len(stream) > 0 {
					n := min(size, len(stream))
					_, _ = c.Write(stream[:n])
					_ = c.KeyUpdate(true)
					stream = stream[n:]
				}
				if t, ok := c.next(); ok {
					c.pong(t)
				}
				c.drain()
			})
			inBubble(t, router, func(t *testing.T, ctx context.Context) {
				c := router.dial(router.config())
				for range blocks {
					if e := <-c.Events(); e.Kind != EventEnd || !bytes.Equal(e.Entity, queue) {
						t.Fatalf("event %+v", e)
					}
				}
				must(t, c.Ping(ctx))
				synctest.Wait()
				if c.stream.in != nil || c.stream.block != nil {
					t.Error("an idle client holds a buffer")
				}
				hangUp(c)
			})
		})
	}
}

// TestConcurrentCallers has many goroutines talk at a time while events arrive.
func TestConcurrentCallers(t *testing.T) {
	model := newQueueRouter()
	router := newTestRouter(t, model.serve)
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		const callers, messages = 8, 10
		config := router.config()
		config.EventBuffer = callers * messages
		c := router.dial(config)
		results := make(chan error, callers)
		for range callers {
			go func() { results <- talk(ctx, c, messages) }()
		}
		for range callers {
			must(t, <-results)
		}
		hangUp(c)
	})
}

// talk sends messages to a queue of its own and reads them all.
func talk(ctx context.Context, c *Client, messages int) error {
	q, err := c.NewQueue(ctx, QueueParams{Alg: box.X25519, Mode: smp.ModeMessaging})
	if err != nil {
		return err
	}
	s := q.Sender(nil)
	for i := range messages {
		if err := c.Send(ctx, s, false, fmt.Append(nil, i)); err != nil {
			return err
		}
	}
	m, err := c.Get(ctx, q)
	for i := range messages {
		if err != nil {
			return err
		}
		if string(m.Body) != fmt.Sprint(i) {
			return fmt.Errorf("message %d is %q", i, m.Body)
		}
		m, err = c.Ack(ctx, q, m.ID)
	}
	return err
}

// TestCallbacksMayCallBack uses the client in its own callbacks: a closed loop of commands, which closes it in the end.
func TestCallbacksMayCallBack(t *testing.T) {
	router := newTestRouter(t, newQueueRouter().serve)
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		var events []EventKind
		config := router.config()
		config.OnEvent = func(e Event) { events = append(events, e.Kind) }
		c := router.dial(config)
		left := 20
		var next func(Response)
		next = func(r Response) {
			if r.Err != nil {
				t.Error(r.Err)
			}
			if left--; left == 0 {
				c.Close()
			} else {
				must(t, c.Do(Ping(), next))
			}
		}
		must(t, c.Do(Ping(), next))
		<-c.Done()
		if left != 0 || c.Events() != nil || fmt.Sprint(events) != fmt.Sprint([]EventKind{EventClosed}) {
			t.Errorf("%d left, events %v", left, events)
		}
	})
}
