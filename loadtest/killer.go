package loadtest

import (
	"context"
	"sync/atomic"
	"time"
)

// killer starts and kills a router by plan. It is used by one goroutine, the counters may be read by others.
type killer struct {
	victim victim
	load   *load
	plan   []Kill
	epoch  atomic.Uint32 // counts the router's lives
	kills  atomic.Int64

	starting int           // kills while starting
	slowest  time.Duration // start
}

// run goes through the plan and leaves the router running.
func (k *killer) run(ctx context.Context) error {
	for _, next := range k.plan {
		if err := k.live(ctx, next); err != nil {
			return err
		}
		k.victim.Kill()
		k.epoch.Add(1) // now no session of the dead process can begin
		k.kills.Add(1)
		if next.Starting {
			k.starting++
		}
	}
	return k.start(ctx)
}

// live starts the router and returns when it is time to kill it.
func (k *killer) live(ctx context.Context, next Kill) error {
	if next.Starting {
		if err := k.victim.Start(); err != nil {
			return err
		}
		return k.wait(ctx, next.After)
	}
	if err := k.start(ctx); err != nil {
		return err
	}
	before := k.load.count.accepted.Load()
	answered := func() bool { return k.load.count.accepted.Load() > before || k.ended() }
	if err := k.load.until(ctx, answered); err != nil {
		return err
	}
	return k.wait(ctx, next.After)
}

func (k *killer) start(ctx context.Context) error {
	began := time.Now()
	if err := k.victim.Start(); err != nil {
		return err
	}
	if err := k.victim.Ready(ctx); err != nil {
		return err
	}
	k.slowest = max(k.slowest, time.Since(began))
	return nil
}

// wait lets the router live for a time. It fails when the router ends by itself.
func (k *killer) wait(ctx context.Context, d time.Duration) error {
	end := time.Now().Add(d)
	if err := k.load.until(ctx, func() bool { return k.ended() || !time.Now().Before(end) }); err != nil {
		return err
	}
	if k.ended() {
		return k.victim.Ended()
	}
	return nil
}

func (k *killer) ended() bool {
	select {
	case <-k.victim.Exited():
		return true
	default:
		return false
	}
}
