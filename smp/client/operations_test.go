package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/tls"
)

// inBubble runs a test in a bubble: time does not pass while something works, and whatever goroutine is left in the
// end fails the test.
func inBubble(t *testing.T, router *testRouter, test func(t *testing.T, ctx context.Context)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		router.t = t
		test(t, context.Background())
		router.conns.Wait()
	})
}

// dial connects to the router, for the rest of the test.
func (r *testRouter) dial(config Config) *Client {
	r.t.Helper()
	c, err := Dial(context.Background(), config)
	must(r.t, err)
	return c
}

func hangUp(clients ...*Client) {
	for _, c := range clients {
		c.Close()
		<-c.Done()
	}
}

// TestEveryVersionAndKey runs a whole life of a queue at each version with each kind of key, the router verifying.
func TestEveryVersionAndKey(t *testing.T) {
	for v := smp.MinVersion; v <= smp.CurrentVersion; v++ {
		for _, alg := range []box.Alg{box.Ed25519, box.Ed448, box.X25519} {
			for _, encryption := range []bool{true, false} {
				t.Run(fmt.Sprintf("v%d %v encryption %v", v, alg, encryption), func(t *testing.T) {
					router := newTestRouter(t, newQueueRouter().serve)
					config := router.config()
					config.Versions = smp.VersionRange{Min: v, Max: v}
					config.BlockEncryption = encryption
					inBubble(t, router, func(t *testing.T, ctx context.Context) {
						c := router.dial(config)
						if want := encryption && v >= smp.VersionEncryptedBlock; c.Encrypted() != want || c.Version() != v {
							t.Errorf("version %d, encrypted %v", c.Version(), c.Encrypted())
						}
						liveQueue(t, ctx, c, alg)
						hangUp(c)
					})
				})
			}
		}
	}
}

func liveQueue(t *testing.T, ctx context.Context, c *Client, alg box.Alg) {
	t.Helper()
	must(t, c.Ping(ctx))
	q, err := c.NewQueue(ctx, QueueParams{Alg: alg, Mode: smp.ModeMessaging, Subscribe: true})
	must(t, err)
	senderKey, err := NewKey(alg)
	must(t, err)
	s := q.Sender(senderKey)
	if c.Version() >= smp.VersionSndAuthKey {
		must(t, c.SecureSender(ctx, s))
	} else {
		must(t, c.Secure(ctx, q, senderKey.SPKI()))
	}
	body := bytes.Repeat([]byte{'m'}, smp.MaxBody(c.Version()))
	must(t, c.Send(ctx, s, true, body))
	must(t, c.Send(ctx, s, false, []byte("second")))
	if err := c.Send(ctx, q.Sender(nil), false, nil); err != smp.ErrAuth {
		t.Errorf("unauthorized: %v", err)
	}

	e := <-c.Events()
	first, err := q.Open(e.MsgID, e.Body)
	if err != nil || e.Kind != EventMessage || !bytes.Equal(e.Entity, q.ID) || !bytes.Equal(first.Body, body) || !first.Notify {
		t.Fatalf("event %d, %v", e.Kind, err)
	}
	second, err := c.Ack(ctx, q, first.ID)
	if err != nil || string(second.Body) != "second" || second.Notify || second.Time != 1700000000 {
		t.Fatalf("second message %+v, %v", second, err)
	}
	if none, err := c.Ack(ctx, q, second.ID); none != nil || err != nil {
		t.Errorf("after the last message: %v, %v", none, err)
	}
	if _, err := c.Ack(ctx, q, second.ID); err != smp.ErrNoMsg {
		t.Errorf("acknowledged twice: %v", err)
	}
	must(t, c.Off(ctx, q))
	must(t, c.Delete(ctx, q))
	if err := c.Subscribe(ctx, q); err != smp.ErrAuth {
		t.Errorf("deleted: %v", err)
	}
}

func TestGetInfoAndRecipientKeys(t *testing.T) {
	router := newTestRouter(t, newQueueRouter().serve)
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		c := router.dial(router.config())
		q, err := c.NewQueue(ctx, QueueParams{Mode: smp.ModeContact})
		must(t, err)
		if m, err := c.Get(ctx, q); m != nil || err != nil {
			t.Errorf("empty queue: %v, %v", m, err)
		}
		must(t, c.Send(ctx, q.Sender(nil), false, []byte("hello")))
		m, err := c.Get(ctx, q)
		if err != nil || string(m.Body) != "hello" {
			t.Errorf("message %+v, %v", m, err)
		}
		if info, err := c.Info(ctx, q); err != nil || info.Size != 1 {
			t.Errorf("info %+v, %v", info, err)
		}
		other := *q
		other.Key, err = NewKey(box.Ed448)
		must(t, err)
		if err := c.Off(ctx, &other); err != smp.ErrAuth {
			t.Errorf("unknown key: %v", err)
		}
		must(t, c.SetKeys(ctx, q, q.Key.SPKI(), other.Key.SPKI()))
		must(t, c.Off(ctx, &other))
		hangUp(c)
	})
}

func TestQueueCreatedAsynchronously(t *testing.T) {
	model := newQueueRouter()
	model.password = "secret"
	router := newTestRouter(t, model.serve)
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		config := router.config()
		config.Address.BasicAuth = "secret"
		c := router.dial(config)
		type created struct {
			q   *RcvQueue
			err error
		}
		got := make(chan created, 1)
		done := func(q *RcvQueue, err error) { got <- created{q, err} }
		must(t, c.DoNewQueue(QueueParams{}, done))
		if r := <-got; r.err != nil || r.q == nil {
			t.Error(r.err)
		}
		must(t, c.DoNewQueue(QueueParams{BasicAuth: "wrong"}, done))
		if r := <-got; r.err != smp.ErrAuth || r.q != nil {
			t.Errorf("wrong password: %v", r.err)
		}
		hangUp(c)
	})
}

func TestEventsOfTwoSubscribers(t *testing.T) {
	router := newTestRouter(t, newQueueRouter().serve)
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		a, b := router.dial(router.config()), router.dial(router.config())
		q, err := a.NewQueue(ctx, QueueParams{Subscribe: true})
		must(t, err)
		must(t, b.Subscribe(ctx, q))
		if e := <-a.Events(); e.Kind != EventEnd || !bytes.Equal(e.Entity, q.ID) || e.Client != a {
			t.Errorf("event %+v", e)
		}
		must(t, a.Delete(ctx, q))
		if e := <-b.Events(); e.Kind != EventDeleted || !bytes.Equal(e.Entity, q.ID) {
			t.Errorf("event %+v", e)
		}
		hangUp(a, b)
		if _, open := <-a.Events(); open || a.Err() != ErrClosed {
			t.Errorf("events open: %v, error %v", open, a.Err())
		}
	})
}

// TestQueuesSurviveJSON stores queues and goes on with them in another session.
func TestQueuesSurviveJSON(t *testing.T) {
	router := newTestRouter(t, newQueueRouter().serve)
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		c := router.dial(router.config())
		for _, alg := range []box.Alg{box.Ed25519, box.Ed448, box.X25519} {
			q, err := c.NewQueue(ctx, QueueParams{Alg: alg, Mode: smp.ModeMessaging})
			must(t, err)
			key, err := NewKey(alg)
			must(t, err)
			s := q.Sender(key)
			must(t, c.SecureSender(ctx, s))
			stored, err := json.Marshal(struct {
				Rcv *RcvQueue
				Snd *SndQueue
			}{q, s})
			must(t, err)

			var restored struct {
				Rcv *RcvQueue
				Snd *SndQueue
			}
			must(t, json.Unmarshal(stored, &restored))
			again := router.dial(router.config())
			must(t, again.Send(ctx, restored.Snd, false, []byte("hello")))
			must(t, again.Subscribe(ctx, restored.Rcv))
			e := <-again.Events()
			if m, err := restored.Rcv.Open(e.MsgID, e.Body); err != nil || string(m.Body) != "hello" {
				t.Errorf("%v: message %+v, %v", alg, m, err)
			}
			hangUp(again)
		}
		hangUp(c)
	})
	var k Key
	for _, text := range []string{"", "!", "AAAA"} {
		if k.UnmarshalText([]byte(text)) == nil {
			t.Errorf("key %q accepted", text)
		}
	}
	if _, err := NewKey(box.X448); err != box.ErrKey {
		t.Errorf("X448 key: %v", err)
	}
}

// TestKeyExchangeAndCertificates connects with both kinds of certificate and both groups.
func TestKeyExchangeAndCertificates(t *testing.T) {
	for _, scheme := range []tls.SignatureScheme{tls.Ed25519, tls.Ed448} {
		for _, groups := range [][]tls.Group{nil, {tls.X448}, {tls.X25519}} {
			t.Run(fmt.Sprintf("%v %v", scheme, groups), func(t *testing.T) {
				router := newTestRouter(t, newQueueRouter().serve)
				router.pair = keyPair(t, scheme)
				router.groups = groups
				config := router.config()
				config.Groups = nil
				inBubble(t, router, func(t *testing.T, ctx context.Context) {
					c := router.dial(config)
					must(t, c.Ping(ctx))
					if len(c.SessionID()) != 32 {
						t.Errorf("session ID of %d bytes", len(c.SessionID()))
					}
					hangUp(c)
				})
			})
		}
	}
}

func TestWithoutALPNIsVersionSix(t *testing.T) {
	router := newTestRouter(t, newQueueRouter().serve)
	config := router.config()
	config.ALPN = false
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		c := router.dial(config)
		liveQueue(t, ctx, c, box.Ed25519)
		key, err := NewKey(box.X25519)
		must(t, err)
		if err := c.Off(ctx, &RcvQueue{ID: make([]byte, 24), Key: key}); !errors.Is(err, box.ErrNoSessionKey) {
			t.Errorf("X25519 without session key: %v", err)
		}
		hangUp(c)
	})
}
