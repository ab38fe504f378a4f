package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/verify"
	"switchyard/smp/client"
)

// leftQueues is how many queues leave makes.
const leftQueues = 5

func leave(ts *testscript.TestScript, _ bool, args []string) {
	r := routerOf(ts)
	var err error
	r.each, err = strconv.Atoi(args[0])
	ts.Check(err)
	r.left = nil
	dial(ts, func(ctx context.Context, c *client.Client) {
		for range leftQueues {
			q, err := c.NewQueue(ctx, client.QueueParams{})
			ts.Check(err)
			r.left = append(r.left, q)
			for n := range r.each {
				ts.Check(c.Send(ctx, q.Sender(nil), false, fmt.Append(nil, n)))
			}
		}
	})
}

func collect(ts *testscript.TestScript, none bool, _ []string) {
	r := routerOf(ts)
	each := r.each
	if none {
		each = 0
	}
	dial(ts, func(ctx context.Context, c *client.Client) {
		for _, q := range r.left {
			for n := range each {
				m, err := c.Get(ctx, q)
				ts.Check(err)
				if m == nil || string(m.Body) != strconv.Itoa(n) {
					ts.Fatalf("got %v in place of message %d", m, n)
				}
				_, err = c.Ack(ctx, q, m.ID)
				ts.Check(err)
			}
			for m, err := c.Get(ctx, q); m != nil || err != nil; m, err = c.Get(ctx, q) {
				if err != nil || string(m.Body) != probe {
					ts.Fatalf("got %v, %v behind the last message", m, err)
				}
				_, err = c.Ack(ctx, q, m.ID)
				ts.Check(err)
			}
		}
	})
}

func startTraffic(ts *testscript.TestScript, _ bool, _ []string) {
	r := routerOf(ts)
	under := make(chan struct{})
	r.traffic = make(chan error, 1)
	told := false
	cfg := verify.Config{
		Client: load.Client{Address: addressOf(ts), BlockEncryption: true},
		Queues: 20, Messages: 100, Conns: 4, Size: 4000, Window: 4, Auth: "x25519", Stall: 30 * time.Second,
		Progress: func(p measure.Progress) {
			if !told && strings.Contains(p.Phase, "exchanging") {
				told = true
				close(under)
			}
		},
	}
	go func() {
		report, err := verify.Run(context.Background(), cfg)
		if err == nil && !report.Clean() {
			err = fmt.Errorf("%+v", report)
		}
		r.traffic <- err
	}()
	select {
	case <-under:
	case err := <-r.traffic:
		ts.Fatalf("the traffic has ended: %v", err)
	}
}

func endTraffic(ts *testscript.TestScript, _ bool, _ []string) { ts.Check(<-routerOf(ts).traffic) }
