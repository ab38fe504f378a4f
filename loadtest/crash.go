package loadtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/verify"
)

// CrashConfig says what Crash does.
type CrashConfig struct {
	Command     []string          // program of the router and "start"; see NewRouter
	Program     []string          // this program and what calls ServeClient
	Settings    []process.Setting // of the routers; those of sync say what the router may forget
	Proxy       bool              // senders send through a second router, which is killed, too
	KillClients bool              // some of the clients are killed, too
	Queues      int               // at a time: one that has carried its messages is deleted and followed by another
	Kills       int
	Seed        uint64 // of kill times and of what queues do
	Conns       int    // two or three for each client process, of which there are at least two
	Size        int    // of a message body in bytes
	Auth        load.Auth
	Stall       time.Duration
	Keep        bool // leave the directory of routers and clients behind
	Progress    func(measure.Progress)
}

// targets is what a run may kill, beside clients.
type targets struct {
	router victim
	proxy  victim // nil: there is none
}

// Crash initialises routers of its own, kills them and their clients again and again under load, and checks that
// whatever the router answered OK has survived.
func Crash(ctx context.Context, c CrashConfig) (*verify.Report, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "loadtest-crash-")
	if err != nil {
		return nil, err
	}
	report, err := crashIn(ctx, c, dir)
	if report != nil && c.Keep {
		report.Crash.Directory = dir
		return report, err
	}
	return report, errors.Join(err, os.RemoveAll(dir))
}

// crashIn is Crash with the files of the router in dir, those of the proxy and the clients in its subdirectories.
func crashIn(ctx context.Context, c CrashConfig, dir string) (*verify.Report, error) {
	router, err := process.NewRouter(ctx, dir, c.Command, c.Settings...)
	if err != nil {
		return nil, err
	}
	defer router.Kill()
	t := targets{router: router}
	clients := ClientConfig{Dir: filepath.Join(dir, "clients"), Server: router.Address.String()}
	if c.Proxy {
		proxy, err := process.NewRouter(ctx, filepath.Join(dir, "proxy"), c.Command, c.Settings...)
		if err != nil {
			return nil, err
		}
		defer proxy.Kill()
		t.proxy, clients.Proxy = proxy, proxy.Address.String()
	}
	if err := os.Mkdir(clients.Dir, 0o700); err != nil {
		return nil, err
	}
	return crash(ctx, c, Schedule(c.Seed, c.Kills, c.victims()), t, clients, processStarter(c.Program))
}

func (c *CrashConfig) check() error {
	switch {
	case c.Queues < 1 || c.Kills < 1:
		return errors.New("there must be at least 1 queue and 1 kill")
	case c.Conns < minClients:
		return errors.New("there must be at least 2 connections, as recipient and sender of a queue use different ones")
	}
	return (load.Client{}).Validate(c.Auth, c.Size)
}

func (c *CrashConfig) victims() Victims {
	v := VictimRouter
	if c.Proxy {
		v |= VictimProxy
	}
	if c.KillClients {
		v |= VictimClients
	}
	return v
}

// crash runs the kills, lets everything that is on its way arrive, and judges what the clients have written.
func crash(ctx context.Context, c CrashConfig, plan []Kill, t targets, clients ClientConfig, start clientStarter) (*verify.Report, error) {
	ledger, err := os.Create(filepath.Join(clients.Dir, ledgerName))
	if err != nil {
		return nil, err
	}
	defer ledger.Close()
	clients.Queues, clients.Size, clients.Auth, clients.Seed, clients.Window = c.Queues, c.Size, c.Auth, c.Seed, c.window()
	w := measure.Watch(c.Progress)
	defer w.Close()
	began := time.Now()
	crew, err := newCrew(start, clients, c.Conns, c.Stall)
	if err != nil {
		return nil, err
	}
	defer crew.close()
	k := newKiller(&c, plan, t, crew, ledger)
	w.Phase("killing", int64(c.Kills), &k.kills)
	w.Notes(func() string { return fmt.Sprintf("acknowledged %d", crew.accepted.Load()) })
	cause := k.run(ctx)
	w.Phase("draining", 0, &crew.acked)
	if cause == nil {
		cause = crew.drain(ctx)
	} else {
		crew.finish()
	}
	crew.close()
	r, err := k.judge(&c, clients.Dir, time.Since(began), cause)
	if err != nil {
		return nil, errors.Join(cause, err)
	}
	return r, cause
}
