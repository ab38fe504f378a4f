package loadtest

import (
	"context"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"time"

	"switchyard/loadtest/history"
	"switchyard/loadtest/results"
	"switchyard/loadtest/verify"
)

// victim is a router process as crash uses it: a Router, or one within the tests.
type victim interface {
	Start() error
	Ready(context.Context) error
	Exited() <-chan struct{}
	Ended() error
	Kill()
}

// killer starts and kills by plan. It is used by one goroutine, the counters may be read by others.
type killer struct {
	routers map[Victims]victim // VictimRouter and perhaps VictimProxy
	crew    *crew
	rand    *rand.Rand // which clients die
	plan    []Kill
	lapses  *history.LossWindow
	kills   atomic.Int64

	down     Victims         // routers that do not run
	of       map[Victims]int // kills
	clients  int             // that died
	starting int             // kills while starting
	slowest  time.Duration   // start
}

func newKiller(c *CrashConfig, plan []Kill, t targets, w *crew, ledger *os.File) *killer {
	k := &killer{plan: plan, crew: w, of: make(map[Victims]int), routers: map[Victims]victim{VictimRouter: t.router},
		lapses: &history.LossWindow{Length: c.window(), Ledger: ledger}, rand: rand.New(rand.NewPCG(c.Seed, 0x636c6965)), down: VictimRouter}
	if t.proxy != nil {
		k.routers[VictimProxy] = t.proxy
		k.down |= VictimProxy
	}
	return k
}

// run goes through the plan and leaves the routers running.
func (k *killer) run(ctx context.Context) error {
	for _, next := range k.plan {
		if err := k.live(ctx, next); err != nil {
			return err
		}
		if err := k.kill(next.Victims); err != nil {
			return err
		}
		k.kills.Add(1)
		if next.Starting {
			k.starting++
		}
	}
	return k.start(ctx)
}

// kill ends all victims at once, or nearly so.
func (k *killer) kill(who Victims) error {
	for _, v := range []Victims{VictimRouter, VictimProxy, VictimClients} {
		if who&v == 0 {
			continue
		}
		k.of[v]++
		switch v {
		case VictimRouter:
			if err := k.lapses.Write(history.Clock()); err != nil {
				return err
			}
			k.routers[v].Kill()
			if err := k.lapses.Write(0); err != nil { // now no session of the dead process can begin
				return err
			}
		case VictimProxy:
			k.routers[v].Kill()
		case VictimClients:
			if err := k.killClients(); err != nil {
				return err
			}
		}
	}
	k.down |= who & victimsWithStart
	return nil
}

// killClients kills one client and every other one of the rest.
func (k *killer) killClients() error {
	chosen := k.rand.IntN(len(k.crew.members))
	var victims []int
	for i := range k.crew.members {
		if dies := k.rand.IntN(2) == 0; i == chosen || dies {
			victims = append(victims, i)
		}
	}
	k.clients += len(victims)
	return k.crew.kill(victims)
}

// live starts what is down and returns when it is time for the next kill.
func (k *killer) live(ctx context.Context, next Kill) error {
	if next.Starting {
		if err := k.begin(); err != nil {
			return err
		}
		return k.wait(ctx, next.After)
	}
	if err := k.start(ctx); err != nil {
		return err
	}
	before := k.crew.accepted.Load()
	answered := func() bool { return k.crew.accepted.Load() > before || k.ended() != nil }
	if err := k.crew.until(ctx, answered); err != nil {
		return err
	}
	return k.wait(ctx, next.After)
}

// begin starts the routers that are down.
func (k *killer) begin() error {
	for which, v := range k.routers {
		if k.down&which == 0 {
			continue
		}
		if err := v.Start(); err != nil {
			return err
		}
	}
	k.down = 0
	return nil
}

// start is begin that waits until they serve.
func (k *killer) start(ctx context.Context) error {
	was, began := k.down, time.Now()
	if err := k.begin(); err != nil {
		return err
	}
	for which, v := range k.routers {
		if was&which == 0 {
			continue
		}
		if err := v.Ready(ctx); err != nil {
			return err
		}
		k.slowest = max(k.slowest, time.Since(began))
	}
	return nil
}

// wait lets all live for a time. It fails when a router ends by itself.
func (k *killer) wait(ctx context.Context, d time.Duration) error {
	end := time.Now().Add(d)
	if err := k.crew.until(ctx, func() bool { return k.ended() != nil || !time.Now().Before(end) }); err != nil {
		return err
	}
	if v := k.ended(); v != nil {
		return v.Ended()
	}
	return nil
}

// ended is a router that has ended by itself, nil while all live.
func (k *killer) ended() victim {
	for _, v := range k.routers {
		select {
		case <-v.Exited():
			return v
		default:
		}
	}
	return nil
}

// report tells what was killed.
func (k *killer) report(c *CrashConfig) *verify.CrashReport {
	r := &verify.CrashReport{Seed: c.Seed, Kills: int(k.kills.Load()), Starting: k.starting, SlowestStart: results.Millis(k.slowest),
		OfRouter: k.of[VictimRouter], OfProxy: k.of[VictimProxy], OfClients: k.of[VictimClients], Clients: k.clients}
	if k.lapses.Length > 0 {
		r.Forgets = &verify.Forgets{Window: results.Millis(k.lapses.Length)}
	}
	return r
}
