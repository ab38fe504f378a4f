package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"switchyard/smp"
	"switchyard/smp/client"
)

// probe is the body of messages by which scripts see whether the router takes any.
const probe = "probe"

// limitFiles lets the running router write no file beyond a size, or any again: a disk that fails at the next write to
// the log, and then works.
func limitFiles(ts *testscript.TestScript, _ bool, args []string) {
	limit := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	if args[0] != "off" {
		n, err := strconv.ParseUint(args[0], 10, 64)
		ts.Check(err)
		limit.Cur = n
	}
	ts.Check(unix.Prlimit(routerOf(ts).cmd.Process.Pid, unix.RLIMIT_FSIZE, &limit, nil))
}

// refused wants the router to take nothing and to answer reads.
func refused(ts *testscript.TestScript, _ bool, _ []string) {
	dial(ts, func(ctx context.Context, c *client.Client) {
		q := routerOf(ts).left[0]
		wantStoreError(ts, "SEND", c.Send(ctx, q.Sender(nil), false, []byte(probe)))
		_, err := c.NewQueue(ctx, client.QueueParams{})
		wantStoreError(ts, "NEW", err)
		m, err := c.Get(ctx, q)
		if err != nil || m == nil || string(m.Body) != "0" {
			ts.Fatalf("GET got %v, %v", m, err)
		}
		_, err = c.Ack(ctx, q, m.ID)
		wantStoreError(ts, "ACK", err)
	})
}

func wantStoreError(ts *testscript.TestScript, command string, err error) {
	var e smp.Error
	if !errors.As(err, &e) || e.Error() != "STORE failed" {
		ts.Fatalf("%s got %v", command, err)
	}
}

// recovers waits until the router takes messages.
func recovers(ts *testscript.TestScript, _ bool, _ []string) {
	dial(ts, func(ctx context.Context, c *client.Client) {
		q := routerOf(ts).left[0]
		err := c.Send(ctx, q.Sender(nil), false, []byte(probe))
		for ctx.Err() == nil && err != nil {
			wantStoreError(ts, "SEND", err)
			err = c.Send(ctx, q.Sender(nil), false, []byte(probe))
		}
		ts.Check(err)
	})
}
