package fleet

import (
	"context"
	"fmt"
	"time"

	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/results"
	"switchyard/loadtest/verify"
)

// storm is a run of Storm.
type storm struct {
	StormConfig
	measure.Stages
	report *StormReport
	router *process.Router
	fleet  *processGroup
	load   *load.Load
	back   time.Time // when the group was connected again
}

// run goes through the phases: gather, quiet, outage, storm.
func (s *storm) run(ctx context.Context) error {
	if err := s.gather(ctx); err != nil {
		return err
	}
	if err := s.quiet(ctx); err != nil {
		return err
	}
	killed := time.Now()
	if err := s.restart(ctx); err != nil {
		return err
	}
	s.Watcher.Phase("restoring", int64(s.Subscriptions), &s.fleet.subscribed)
	if err := s.fleet.Order(orderReturn); err != nil {
		return err
	}
	restored := func() bool { return s.obeyed() || time.Since(killed) > s.Restore }
	caughtUp := func() bool { return s.caughtUp() || restored() }
	if err := s.load.Until(ctx, caughtUp); err != nil {
		return err
	}
	s.report.Outage = s.begin("storm")
	err := s.load.Until(ctx, restored)
	s.report.Storm = s.begin("after")
	s.report.Restored = time.Since(killed).Seconds()
	_, s.report.After = s.Now()
	s.report.Redials = s.fleet.redials.Load()
	if err == nil && !s.obeyed() {
		err = fmt.Errorf("after %v %d of %d subscriptions are there", s.Restore, s.fleet.subscribed.Load(), s.Subscriptions)
	}
	return err
}

// gather connects the fleet and the group.
func (s *storm) gather(ctx context.Context) error {
	s.Watcher.Phase("connecting", int64(s.Conns), &s.fleet.up)
	s.Enter("connecting")
	if err := s.fleet.obey(ctx, orderConnect); err != nil {
		return err
	}
	obey := func() error { return s.fleet.obey(ctx, orderQueues) }
	first, err := s.Measure("subscribing", s.Subscriptions, &s.fleet.subscribed, obey)
	if s.report.First = first; err != nil {
		return err
	}
	return s.load.Prepare(ctx, s.Watcher, load.HostOf(s.Address))
}

// quiet measures the group while nothing else happens.
func (s *storm) quiet(ctx context.Context) error {
	s.Watcher.Phase("exchanging messages", 0, &s.load.Count.Acked)
	s.Watcher.Notes(measure.NewLive("msg", &s.load.Count.Delivered, s.load.Latency.Delivery).Note)
	defer s.Watcher.Notes(nil)
	s.begin("quiet")
	s.load.Send()
	if err := s.load.Until(ctx, load.After(s.Quiet)); err != nil {
		return err
	}
	_, s.report.Held = s.Now()
	s.report.Quiet = s.begin("outage")
	return nil
}

// begin begins a phase of the exchange and returns what the last was like.
func (s *storm) begin(phase string) results.Latencies {
	s.Enter(phase)
	before := s.load.Latency.Delivery.Quantiles()
	s.load.Latency.Delivery.Reset()
	s.load.Latency.Answer.Reset()
	return before
}

// restart kills the router and starts it again.
func (s *storm) restart(ctx context.Context) error {
	if err := s.Follow(0); err != nil {
		return err
	}
	s.router.Kill()
	if err := s.router.Start(); err != nil {
		return err
	}
	if err := s.Follow(s.router.PID()); err != nil {
		return err
	}
	if err := s.router.Ready(ctx); err != nil {
		return err
	}
	s.report.Start = milliseconds(s.router.Took)
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// obeyed reports that the fleet has done what it was told; what goes wrong in it ends the run.
func (s *storm) obeyed() bool {
	done, err := s.fleet.Done()
	if err != nil {
		s.load.Fail("%w", err)
	}
	return done
}

// caughtUp reports that the group is connected again and that all that was due until then has arrived.
func (s *storm) caughtUp() bool {
	if s.back.IsZero() {
		if !s.load.Up() {
			return false
		}
		s.back = time.Now()
	}
	return !s.load.Behind(s.back)
}

// finish lets the group end and judges its exchange.
func (s *storm) finish(cause error) {
	s.report.Exchange, s.report.Router = verify.Finish(s.load, s.Observer, s.report.Scenario, s.report.Quiet, cause)
	if cause != nil {
		s.report.Ended = cause.Error()
	}
}
