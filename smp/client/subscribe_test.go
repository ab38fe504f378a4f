package client

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"switchyard/box"
	"switchyard/smp"
)

// queuesFor makes queues that exist nowhere, the i-th with IDs of the byte i.
func queuesFor(t *testing.T, n int) []*RcvQueue {
	t.Helper()
	key, err := NewKey(box.Ed25519)
	must(t, err)
	list := make([]*RcvQueue, n)
	for i := range list {
		list[i] = &RcvQueue{ID: bytes.Repeat([]byte{byte(i), byte(i >> 8)}, 12), Key: key}
	}
	return list
}

// subscriptions is a script that answers whole blocks: AUTH for the seventh queue, SOK for the others, and nothing from
// the silent one on.
func subscriptions(perBlock *[]int, silent int) func(*routerConn) {
	return func(c *routerConn) {
		for {
			content, err := c.readBlock()
			if err != nil {
				return
			}
			batch, _ := smp.ParseBatch(content)
			*perBlock = append(*perBlock, batch.Len())
			var answers [][]byte
			for raw, more := batch.Next(); more; raw, more = batch.Next() {
				t, _ := smp.ParseTransmission(c.version, c.SessionID(), raw)
				if len(t.EntityID) == 0 {
					continue // a PING waits for ever
				}
				response := smp.AppendSOK(nil, c.version, nil)
				if t.EntityID[0] == 7 {
					response = smp.AppendErr(nil, c.version, smp.ErrAuth)
				}
				if int(t.EntityID[0])|int(t.EntityID[1])<<8 < silent {
					answers = append(answers, c.transmission(t.CorrID, t.EntityID, response))
				}
			}
			if len(answers) > 0 && c.writeBlock(smp.AppendBatch(nil, answers...)) != nil {
				return
			}
		}
	}
}

// TestSubscribeAll looks at how subscriptions share blocks, and at their results.
func TestSubscribeAll(t *testing.T) {
	for _, test := range []struct {
		queues, window int
		blocks         []int
	}{
		{300, 0, []int{30, 135, 135}},
		{10, 4, []int{4, 4, 2}},
		{1400, 0, []int{135, 135, 135, 135, 135, 135, 135, 135, 135, 135, 50}},
		{0, 0, nil},
	} {
		t.Run(fmt.Sprint(test.queues, " in ", test.window), func(t *testing.T) {
			var perBlock []int
			router := newTestRouter(t, subscriptions(&perBlock, test.queues))
			config := router.config()
			config.Window = test.window
			list := queuesFor(t, test.queues)
			inBubble(t, router, func(t *testing.T, ctx context.Context) {
				c := router.dial(config)
				for i, err := range c.SubscribeAll(ctx, list) {
					if failed := byte(i) == 7; (err != nil) != failed || failed && err != smp.ErrAuth {
						t.Errorf("queue %d: %v", i, err)
					}
				}
				hangUp(c)
				if fmt.Sprint(perBlock) != fmt.Sprint(test.blocks) {
					t.Errorf("subscriptions in blocks: %v, want %v", perBlock, test.blocks)
				}
				for _, err := range c.SubscribeAll(ctx, list) {
					if err != ErrClosed {
						t.Errorf("after Close: %v", err)
					}
				}
			})
		})
	}
}

// TestSubscribeAllGivesUp has a router that answers some of the subscriptions only.
func TestSubscribeAllGivesUp(t *testing.T) {
	const queues, silent = 6, 3
	var perBlock []int
	router := newTestRouter(t, subscriptions(&perBlock, silent))
	config := router.config()
	config.Window = queues
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		c := router.dial(config)
		for range 2 { // what is given up does not fill the window
			brief, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			for i, err := range c.SubscribeAll(brief, queuesFor(t, queues)) {
				if (err != nil) != (i >= silent) || err != nil && err != context.DeadlineExceeded {
					t.Errorf("queue %d: %v", i, err)
				}
			}
			if c.Waiting() != 0 {
				t.Errorf("%d commands wait", c.Waiting())
			}
		}
		must(t, c.Do(Ping(), func(Response) {})) // never answered
		brief, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		for i, err := range c.SubscribeAll(brief, queuesFor(t, queues)) {
			if err != context.DeadlineExceeded {
				t.Errorf("without room, queue %d: %v", i, err)
			}
		}
		hangUp(c)
	})
}

// TestSubscribeAllPassesOverKeys has queues whose X25519 keys cannot sign with a router that has no session key, as those of
// version 6: the others are subscribed.
func TestSubscribeAllPassesOverKeys(t *testing.T) {
	for _, of := range []int{3, 1} { // some, all
		var perBlock []int
		router := newTestRouter(t, subscriptions(&perBlock, 1<<16))
		router.versions = smp.VersionRange{Min: smp.MinVersion, Max: smp.MinVersion}
		config := router.config()
		inBubble(t, router, func(t *testing.T, ctx context.Context) {
			c := router.dial(config)
			queues := queuesFor(t, 30)
			key, err := NewKey(box.X25519)
			must(t, err)
			for i := 0; i < len(queues); i += of {
				queues[i].Key = key
			}
			for i, err := range c.SubscribeAll(ctx, queues) {
				var want error
				switch {
				case i%of == 0:
					want = box.ErrNoSessionKey
				case i == 7:
					want = smp.ErrAuth
				}
				if err != want {
					t.Errorf("queue %d: %v, want %v", i, err, want)
				}
			}
			hangUp(c)
		})
	}
}
