package crash

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

// router is a router process as a run uses it: a process.Router, or one within the tests.
type router interface {
	Start() error
	Ready(context.Context) error
	Exited() <-chan struct{}
	Ended() error
	Kill()
}

// killer starts and kills by plan. It is used by one goroutine, the counters may be read by others.
type killer struct {
	routers    map[Targets]router // TargetRouter and perhaps TargetProxy
	clients    *clientGroup
	rand       *rand.Rand // which clients die
	plan       []Kill
	lossWindow *history.LossWindow
	kills      atomic.Int64

	down          Targets         // routers that do not run
	killsOf       map[Targets]int // kills
	clientsKilled int             // that died
	starting      int             // kills while starting
	slowest       time.Duration   // start
}

func newKiller(c *Config, plan []Kill, t routers, w *clientGroup, ledger *os.File) *killer {
	k := &killer{
		plan: plan, clients: w, killsOf: make(map[Targets]int), down: TargetRouter,
		routers:    map[Targets]router{TargetRouter: t.router},
		lossWindow: &history.LossWindow{Length: c.lossWindow(), Ledger: ledger},
		rand:       rand.New(rand.NewPCG(c.Seed, 0x636c6965)),
	}
	if t.proxy != nil {
		k.routers[TargetProxy] = t.proxy
		k.down |= TargetProxy
	}
	return k
}

// run goes through the plan and leaves the routers running.
func (k *killer) run(ctx context.Context) error {
	for _, next := range k.plan {
		if err := k.live(ctx, next); err != nil {
			return err
		}
		if err := k.kill(next.Targets); err != nil {
			return err
		}
		k.kills.Add(1)
		if next.Starting {
			k.starting++
		}
	}
	return k.start(ctx)
}

// kill ends all targets at once, or nearly so.
func (k *killer) kill(who Targets) error {
	for _, v := range []Targets{TargetRouter, TargetProxy, TargetClients} {
		if who&v == 0 {
			continue
		}
		k.killsOf[v]++
		switch v {
		case TargetRouter:
			if err := k.lossWindow.Write(history.Clock()); err != nil {
				return err
			}
			k.routers[v].Kill()
			if err := k.lossWindow.Write(0); err != nil { // now no session of the dead process can begin
				return err
			}
		case TargetProxy:
			k.routers[v].Kill()
		case TargetClients:
			if err := k.killClients(); err != nil {
				return err
			}
		}
	}
	k.down |= who & startable
	return nil
}

// killClients kills one client and every other one of the rest.
func (k *killer) killClients() error {
	always := k.rand.IntN(len(k.clients.members))
	var chosen []int
	for i := range k.clients.members {
		if dies := k.rand.IntN(2) == 0; i == always || dies {
			chosen = append(chosen, i)
		}
	}
	k.clientsKilled += len(chosen)
	return k.clients.kill(chosen)
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
	before := k.clients.accepted.Load()
	answered := func() bool { return k.clients.accepted.Load() > before || k.ended() != nil }
	if err := k.clients.until(ctx, answered); err != nil {
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
	if err := k.clients.until(ctx, func() bool { return k.ended() != nil || !time.Now().Before(end) }); err != nil {
		return err
	}
	if v := k.ended(); v != nil {
		return v.Ended()
	}
	return nil
}

// ended is a router that has ended by itself, nil while all live.
func (k *killer) ended() router {
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
func (k *killer) report(c *Config) *verify.CrashReport {
	r := &verify.CrashReport{Seed: c.Seed, Kills: int(k.kills.Load()), Starting: k.starting, SlowestStart: results.Millis(k.slowest),
		OfRouter: k.killsOf[TargetRouter], OfProxy: k.killsOf[TargetProxy], OfClients: k.killsOf[TargetClients], Clients: k.clientsKilled}
	if k.lossWindow.Length > 0 {
		r.Forgets = &verify.Forgets{Window: results.Millis(k.lossWindow.Length)}
	}
	return r
}
