package client

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"switchyard/smp"
)

// TestAnswersInAnyOrderAndPacking: a router may answer commands in another order than it got them, one a block or many, and
// put events anywhere between.
func TestAnswersInAnyOrderAndPacking(t *testing.T) {
	const commands = 200
	queue := bytes.Repeat([]byte{'q'}, 24)
	for _, perBlock := range []int{1, 2, 7, 255} {
		for _, backwards := range []bool{false, true} {
			t.Run(fmt.Sprint(perBlock, backwards), func(t *testing.T) {
				pipelined(t, func(c *Config) { c.EventBuffer = commands }, func(ctx context.Context, b *blockCounter, r *routerConn, c *Client) {
					answered := make(chan int, commands)
					var asked []smp.Transmission
					for i := range commands {
						must(t, c.Do(Ping(), func(r Response) {
							if r.Err != nil || r.Tag != smp.RespPong {
								t.Errorf("command %d: %v %v", i, r.Tag, r.Err)
							}
							answered <- i
						}))
						asked = append(asked, <-b.commands)
					}
					if backwards {
						slices.Reverse(asked)
					}
					events := 0
					for some := range slices.Chunk(asked, perBlock) {
						var batch [][]byte
						for _, a := range some {
							batch = append(batch, r.transmission(a.CorrID, nil, smp.AppendPong(nil)))
						}
						if events++; len(batch) < smp.MaxBatch {
							batch = slices.Insert(batch, len(batch)/2, r.transmission(nil, queue, smp.AppendEnd(nil)))
						}
						must(t, r.writeBlock(smp.AppendBatch(nil, batch...)))
					}
					for i := range commands {
						want := i
						if backwards {
							want = commands - 1 - i
						}
						if got := <-answered; got != want {
							t.Fatalf("answer %d is that of command %d", i, got)
						}
					}
					for range events {
						if e := <-c.Events(); e.Kind != EventEnd {
							t.Errorf("event %+v", e)
						}
					}
				})
			})
		}
	}
}

// TestCommandsOfOneQueueShareNoBlock: routers of the reference execute those of a block from the last to the first.
func TestCommandsOfOneQueueShareNoBlock(t *testing.T) {
	pipelined(t, nil, func(ctx context.Context, b *blockCounter, r *routerConn, c *Client) {
		id := func(i int) []byte { return bytes.Repeat([]byte{byte(1 + i)}, 24) }
		queues := []int{0, 1, 2, 0, 3, 3, 4, 5, 6, 7, 5, -1, -1, 7}
		want := "[3 2 5 4]" // 0 1 2, 0 3, 3 4 5 6 7, 5 and two of none and 7
		c.mu.Lock()         // the writer cannot begin before all commands wait
		for _, q := range queues {
			command := Ping()
			if q >= 0 {
				command = Raw(nil, id(q), []byte("GET"))
			}
			corr := newCorrID()
			block, err := c.encodeBlock(&command, &corr)
			must(t, err)
			block.mark(command.entity)
			c.pending.add(corr, pending{entity: command.entity, done: func(Response) {}})
			c.enqueue(block)
		}
		c.mu.Unlock()
		for i, q := range queues {
			got := <-b.commands
			if q >= 0 && !bytes.Equal(got.EntityID, id(q)) {
				t.Errorf("command %d is one for %x", i, got.EntityID)
			}
			r.respond(got.CorrID, got.EntityID, smp.AppendErr(nil, c.version, smp.ErrAuth))
		}
		if got := fmt.Sprint(b.perBlock); got != want {
			t.Errorf("commands in blocks: %v, want %v", got, want)
		}
	})
}

// TestHelloInRecordsOfAnySize: a router's hello need not be one record, nor end with one.
func TestHelloInRecordsOfAnySize(t *testing.T) {
	queue := bytes.Repeat([]byte{'q'}, 24)
	for _, size := range []int{100, 8192, 16383, 16384} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			router := newTestRouter(t, nil)
			router.greet = func(c *routerConn, content []byte) {
				stream := c.seal(content)
				must(c.router.t, c.KeyUpdate(true))
				for len(stream) > 0 {
					n := min(size, len(stream))
					_, _ = c.Write(stream[:n])
					stream = stream[n:]
				}
			}
			router.script = func(c *routerConn) {
				c.respond(nil, queue, smp.AppendEnd(nil))
				c.drain()
			}
			inBubble(t, router, func(t *testing.T, ctx context.Context) {
				c := router.dial(router.config())
				if e := <-c.Events(); e.Kind != EventEnd {
					t.Errorf("event %+v", e)
				}
				hangUp(c)
			})
		})
	}
}
