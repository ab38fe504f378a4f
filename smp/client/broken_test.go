package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"switchyard/box"
	"switchyard/smp"
)

// afterFirstCommand is a script that answers the first command with what the test says, then reads on.
func afterFirstCommand(answer func(c *routerConn, t smp.Transmission)) func(*routerConn) {
	return func(c *routerConn) {
		if t, ok := c.next(); ok {
			answer(c, t)
		}
		c.drain()
	}
}

// TestConnectionBreaks ends sessions in each way that leaves nothing to go on with. The command that waits fails with
// the reason, so does the next, and nothing hangs.
func TestConnectionBreaks(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(c *routerConn, t smp.Transmission)
		want   error
		also   error
	}{
		{"close_notify", func(c *routerConn, _ smp.Transmission) { _ = c.Close() }, ErrDisconnected, io.EOF},
		{"close in a block", func(c *routerConn, _ smp.Transmission) {
			_, _ = c.Write(make([]byte, 5000))
			_ = c.Close()
		}, ErrDisconnected, io.ErrUnexpectedEOF},
		{"block that does not decrypt", func(c *routerConn, _ smp.Transmission) {
			_, _ = c.Write(make([]byte, smp.BlockSize))
		}, ErrBadBlock, ErrBadBlock},
		{"replayed block", func(c *routerConn, t smp.Transmission) {
			block := c.seal(smp.AppendBatch(nil, c.transmission(nil, []byte("queue"), smp.AppendEnd(nil))))
			_, _ = c.Write(block)
			_, _ = c.Write(block)
		}, ErrBadBlock, ErrBadBlock},
		{"content without transmissions", func(c *routerConn, _ smp.Transmission) {
			_ = c.writeBlock([]byte{0})
		}, ErrBadBlock, ErrBadBlock},
		{"content with bytes left over", func(c *routerConn, t smp.Transmission) {
			content := smp.AppendBatch(nil, c.transmission(t.CorrID, nil, smp.AppendPong(nil)))
			_ = c.writeBlock(append(content, 0))
		}, ErrBadBlock, ErrBadBlock},
	} {
		t.Run(test.name, func(t *testing.T) {
			router := newTestRouter(t, afterFirstCommand(test.answer))
			config := router.config()
			config.EventBuffer = 8
			inBubble(t, router, func(t *testing.T, ctx context.Context) {
				c := router.dial(config)
				for range 2 {
					if err := c.Ping(ctx); !errors.Is(err, test.want) || !errors.Is(err, test.also) {
						t.Errorf("error %v, want %v, %v", err, test.want, test.also)
					}
				}
				<-c.Done()
				if !errors.Is(c.Err(), test.want) || c.Waiting() != 0 {
					t.Errorf("ended with %v, %d commands waiting", c.Err(), c.Waiting())
				}
				if err := c.Do(Ping(), func(Response) { t.Error("callback of a refused command") }); !errors.Is(err, test.want) {
					t.Errorf("Do: %v", err)
				}
			})
		})
	}
}

// TestWrongResponses gets responses that a client cannot use. Each fails its own command only.
func TestWrongResponses(t *testing.T) {
	queue := bytes.Repeat([]byte{'q'}, 24)
	other := bytes.Repeat([]byte{'o'}, 24)
	for _, test := range []struct {
		name     string
		version  smp.Version
		entity   []byte
		response string
		want     error
	}{
		{"other entity", 19, other, "OK", ErrWrongEntity},
		{"no entity", 19, nil, "IDS \x00\x00\x00", ErrBadResponse},
		{"no entity where one belongs", 19, nil, "OK", ErrBadResponse},
		{"error of another entity", 19, other, "ERR AUTH", ErrWrongEntity},
		{"error without entity", 19, nil, "ERR BLOCK", smp.ErrBlock},
		{"unknown response", 19, queue, "YES", ErrBadResponse},
		{"unknown error", 19, queue, "ERR WHATEVER", ErrBadResponse},
		{"bytes left over", 19, queue, "OK ", ErrBadResponse},
		{"SOK of a later version", 15, queue, "SOK", ErrBadResponse},
		{"router's error", 19, queue, "ERR STORE disk full", smp.ErrStore("disk full")},
		{"blocked", 19, queue, "ERR BLOCKED reason=spam", smp.ErrBlocked(smp.BlockSpam, smp.Notice{})},
	} {
		t.Run(test.name, func(t *testing.T) {
			router := newTestRouter(t, nil)
			router.script = func(c *routerConn) {
				for {
					tr, ok := c.next()
					if !ok {
						return
					}
					if string(tr.Command) == "PING" {
						c.respond(tr.CorrID, nil, smp.AppendPong(nil))
					} else {
						c.respond(tr.CorrID, test.entity, []byte(test.response))
					}
				}
			}
			config := router.config()
			config.Versions = smp.VersionRange{Min: 6, Max: test.version}
			key, err := NewKey(box.Ed25519)
			must(t, err)
			inBubble(t, router, func(t *testing.T, ctx context.Context) {
				c := router.dial(config)
				if err := c.Off(ctx, &RcvQueue{ID: queue, Key: key}); err != test.want {
					t.Errorf("error %v, want %v", err, test.want)
				}
				must(t, c.Ping(ctx))
				hangUp(c)
			})
		})
	}
}

// TestResponseOfAnotherKind gets well-formed responses that are no answer to the command.
func TestResponseOfAnotherKind(t *testing.T) {
	id := bytes.Repeat([]byte{'q'}, 24)
	key, err := NewKey(box.Ed25519)
	must(t, err)
	q := &RcvQueue{ID: id, Key: key, Secret: make(Bytes, 32)}
	for _, test := range []struct {
		name     string
		response string
		call     func(context.Context, *Client) error
		want     smp.ResponseTag
	}{
		{"OFF", "END", func(ctx context.Context, c *Client) error { return c.Off(ctx, q) }, smp.RespEnd},
		{"SUB", "END", func(ctx context.Context, c *Client) error { return c.Subscribe(ctx, q) }, smp.RespEnd},
		{"NEW", "OK", func(ctx context.Context, c *Client) error { _, err := c.NewQueue(ctx, QueueParams{}); return err }, 0},
		{"GET", "DELD", func(ctx context.Context, c *Client) error { _, err := c.Get(ctx, q); return err }, smp.RespDeld},
		{"QUE", "OK", func(ctx context.Context, c *Client) error { _, err := c.Info(ctx, q); return err }, smp.RespOK},
		{"SUBs", "DELD", func(ctx context.Context, c *Client) error { return c.SubscribeAll(ctx, []*RcvQueue{q})[0] }, smp.RespDeld},
	} {
		t.Run(test.name, func(t *testing.T) {
			router := newTestRouter(t, afterFirstCommand(func(c *routerConn, t smp.Transmission) {
				c.respond(t.CorrID, t.EntityID, []byte(test.response))
			}))
			inBubble(t, router, func(t *testing.T, ctx context.Context) {
				c := router.dial(router.config())
				err := test.call(ctx, c)
				var unexpected *UnexpectedError
				if test.want == 0 {
					if err != ErrBadResponse { // OK has an entity, NEW has none
						t.Errorf("error %v", err)
					}
				} else if !errors.As(err, &unexpected) || unexpected.Tag != test.want {
					t.Errorf("error %v, want unexpected %v", err, test.want)
				}
				hangUp(c)
			})
		})
	}
}

// TestUnreadableBody gets a message that the queue's secret does not open.
func TestUnreadableBody(t *testing.T) {
	id := bytes.Repeat([]byte{'q'}, 24)
	router := newTestRouter(t, afterFirstCommand(func(c *routerConn, t smp.Transmission) {
		c.respond(t.CorrID, t.EntityID, smp.AppendMsg(nil, smp.Msg{ID: id, Body: make([]byte, smp.DeliveredSize)}))
	}))
	key, err := NewKey(box.Ed25519)
	must(t, err)
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		c := router.dial(router.config())
		if _, err := c.Get(ctx, &RcvQueue{ID: id, Key: key, Secret: make(Bytes, 32)}); err != ErrBody {
			t.Errorf("error %v", err)
		}
		hangUp(c)
	})
	if _, err := (&RcvQueue{Secret: Bytes("short")}).Open(id, nil); err != ErrBody {
		t.Errorf("short secret: %v", err)
	}
}

// TestUnexpectedTransmissions looks at the events of transmissions that nobody asked for, known and unknown.
func TestUnexpectedTransmissions(t *testing.T) {
	queue := bytes.Repeat([]byte{'q'}, 24)
	unknown := bytes.Repeat([]byte{'c'}, 24)
	quota := smp.AppendQuotaBody(nil, 1700000001)
	sealed := make([]byte, smp.DeliveredSize)
	copy(sealed[18:], quota)
	must(t, box.PadInPlace(sealed[16:], len(quota)))
	var subkey [32]byte
	box.Precompute(&subkey, new([32]byte))
	box.Seal(sealed, (*[24]byte)(queue), &subkey)
	message := string(smp.AppendMsg(nil, smp.Msg{ID: queue, Body: sealed}))
	for _, test := range []struct {
		name     string
		corrID   []byte
		entity   []byte
		response string
		kind     EventKind
		err      error
	}{
		{"END", nil, queue, "END", EventEnd, nil},
		{"DELD", nil, queue, "DELD", EventDeleted, nil},
		{"MSG", nil, queue, message, EventMessage, nil},
		{"ERR without entity", nil, nil, "ERR BLOCK", EventError, smp.ErrBlock},
		{"ERR of a queue", nil, queue, "ERR BLOCKED reason=content", EventError, smp.ErrBlocked(smp.BlockContent, smp.Notice{})},
		{"ALLS", nil, nil, "ALLS", EventService, nil},
		{"ENDS", nil, queue, "ENDS 12345678\x00", EventService, nil},
		{"NMSG", nil, queue, "NMSG 123456789012345678901234\x00", EventNotification, nil},
		{"unknown event", nil, queue, "NEWS", EventUnexpected, ErrBadResponse},
		{"event without its entity", nil, nil, "END", EventUnexpected, ErrBadResponse},
		{"unknown correlation ID", unknown, queue, "OK", EventUnexpected, ErrUnknownCommand},
		{"short correlation ID", unknown[:3], queue, "OK", EventUnexpected, ErrUnknownCommand},
		{"unknown correlation ID, unreadable", unknown, queue, "OKAY", EventUnexpected, ErrBadResponse},
		{"late message", unknown, queue, message, EventMessage, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			router := newTestRouter(t, func(c *routerConn) {
				c.respond(test.corrID, test.entity, []byte(test.response))
				c.drain()
			})
			inBubble(t, router, func(t *testing.T, ctx context.Context) {
				c := router.dial(router.config())
				e := <-c.Events()
				if e.Kind != test.kind || e.Err != test.err || !bytes.Equal(e.Entity, test.entity) {
					t.Errorf("event %d, %v, entity %q", e.Kind, e.Err, e.Entity)
				}
				if e.Kind == EventMessage {
					m, err := (&RcvQueue{Secret: make(Bytes, 32)}).Open(e.MsgID, e.Body)
					if err != nil || !m.Quota || m.Time != 1700000001 || !bytes.Equal(m.ID, queue) {
						t.Errorf("message %+v, %v", m, err)
					}
				}
				hangUp(c)
			})
		})
	}
	t.Run("OK without correlation ID", func(t *testing.T) {
		router := newTestRouter(t, func(c *routerConn) {
			c.respond(nil, queue, smp.AppendOK(nil))
			c.drain()
		})
		inBubble(t, router, func(t *testing.T, ctx context.Context) {
			c := router.dial(router.config())
			var unexpected *UnexpectedError
			if e := <-c.Events(); e.Kind != EventUnexpected || !errors.As(e.Err, &unexpected) || unexpected.Tag != smp.RespOK {
				t.Errorf("event %d, %v", e.Kind, e.Err)
			}
			hangUp(c)
		})
	})
}

// TestForeignSessionID answers at version 6, where the session ID is sent, with another one.
func TestForeignSessionID(t *testing.T) {
	router := newTestRouter(t, afterFirstCommand(func(c *routerConn, t smp.Transmission) {
		b := smp.AppendResponseHeader(nil, c.version, make([]byte, 32), t.CorrID, nil)
		_ = c.writeBlock(smp.AppendBatch(nil, smp.AppendPong(b)))
	}))
	config := router.config()
	config.Versions.Min, config.Versions.Max = 6, 6
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		c := router.dial(config)
		if err := c.Ping(ctx); err != ErrBadResponse {
			t.Errorf("error %v", err)
		}
		hangUp(c)
	})
}
