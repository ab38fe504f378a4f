package xftpload

import (
	"context"
	"errors"
	"io"
	"time"

	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/results"
	"switchyard/xftp"
)

// StartConfig describes starts of an XFTP router of our own, which runs.
type StartConfig struct {
	Stored int // packets that its store was filled with
	Starts int // after a proper stop, and as many after a kill
	measure.Target
}

// StartReport is the result. Times are from the start of the process to the first connection that it accepts; they
// are those of the slowest start.
type StartReport struct {
	Scenario  string  `json:"scenario"`
	Stored    int     `json:"stored"`
	Starts    int     `json:"starts"`
	StartMs   float64 `json:"startMs"`
	AfterKill float64 `json:"afterKillMs"`
	RSS       int64   `json:"rss"` // of the router, after a start
}

// Start stops and starts a router again and again. Before each kill there are new packets, so that the router finds
// something in its log.
func Start(ctx context.Context, c StartConfig, router *process.Router) (*StartReport, error) {
	if c.Starts < 1 {
		return nil, errors.New("there must be at least 1 start")
	}
	o, err := c.Observe(measure.Sources{})
	if err != nil {
		return nil, err
	}
	defer o.Stop()
	r := &StartReport{Scenario: "xftp-start", Stored: c.Stored, Starts: c.Starts}
	again := func(slowest *float64) error {
		if err := errors.Join(router.Start(), router.Ready(ctx)); err != nil {
			return err
		}
		*slowest = max(*slowest, float64(router.Took)/float64(time.Millisecond))
		return o.Follow(router.PID())
	}
	for range c.Starts {
		if err := errors.Join(o.Follow(0), router.Stop(), again(&r.StartMs)); err != nil {
			return nil, err
		}
		_, r.RSS = o.Now()
		load, err := newTransfer(Config{Address: router.Address, Size: xftp.Size64K})
		if err == nil {
			err = load.prepare(ctx)
		}
		if err != nil {
			return nil, err
		}
		router.Kill()
		if err := errors.Join(o.Follow(0), again(&r.AfterKill), load.clean(ctx)); err != nil {
			return nil, err
		}
	}
	return r, ctx.Err()
}

// Clean is true: a router that does not start is an error.
func (r *StartReport) Clean() bool { return true }

// Metrics implements Measured.
func (r *StartReport) Metrics() []results.Metric {
	return []results.Metric{{Unit: "start-ms", Value: r.StartMs}, {Unit: "start-after-kill-ms", Value: r.AfterKill}, {Unit: "rss-B", Value: float64(r.RSS)}}
}

// WriteText prints the report as a table.
func (r *StartReport) WriteText(out io.Writer) error {
	t := results.NewTable(out)
	t.Row("stored packets", r.Stored, "starts", r.Starts, "of each kind")
	t.Row("slowest start ms", results.Fixed(r.StartMs), "after a kill", results.Fixed(r.AfterKill), "router RSS MiB", results.MiB(r.RSS))
	return t.Flush()
}
