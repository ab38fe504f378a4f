package crash

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

// Config says what Crash does.
type Config struct {
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

// routers are what a run may kill, beside clients.
type routers struct {
	router router
	proxy  router // nil: there is none
}

// Run initialises routers of its own, kills them and their clients again and again under load, and checks that
// whatever the router answered OK has survived.
func Run(ctx context.Context, c Config) (*verify.Report, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "loadtest-crash-")
	if err != nil {
		return nil, err
	}
	report, err := runIn(ctx, c, dir)
	if report != nil && c.Keep {
		report.Crash.Directory = dir
		return report, err
	}
	return report, errors.Join(err, os.RemoveAll(dir))
}

// runIn is Crash with the files of the router in dir, those of the proxy and the clients in its subdirectories.
func runIn(ctx context.Context, c Config, dir string) (*verify.Report, error) {
	router, err := process.NewRouter(ctx, dir, c.Command, c.Settings...)
	if err != nil {
		return nil, err
	}
	defer router.Kill()
	t := routers{router: router}
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
	return run(ctx, c, Schedule(c.Seed, c.Kills, c.targets()), t, clients, processStarter(c.Program))
}

func (c *Config) check() error {
	switch {
	case c.Queues < 1 || c.Kills < 1:
		return errors.New("there must be at least 1 queue and 1 kill")
	case c.Conns < minClients:
		return errors.New("there must be at least 2 connections, as recipient and sender of a queue use different ones")
	}
	return (load.Client{}).Validate(c.Auth, c.Size)
}

func (c *Config) targets() Targets {
	v := TargetRouter
	if c.Proxy {
		v |= TargetProxy
	}
	if c.KillClients {
		v |= TargetClients
	}
	return v
}

// run runs the kills, lets everything that is on its way arrive, and judges what the clients have written.
func run(ctx context.Context, c Config, plan []Kill, t routers, clients ClientConfig, start clientStarter) (*verify.Report, error) {
	ledger, err := os.Create(filepath.Join(clients.Dir, ledgerName))
	if err != nil {
		return nil, err
	}
	defer ledger.Close()
	clients.Queues, clients.Size, clients.Auth, clients.Seed, clients.Window = c.Queues, c.Size, c.Auth, c.Seed, c.lossWindow()
	w := measure.Watch(c.Progress)
	defer w.Close()
	began := time.Now()
	group, err := newClientGroup(start, clients, c.Conns, c.Stall)
	if err != nil {
		return nil, err
	}
	defer group.close()
	k := newKiller(&c, plan, t, group, ledger)
	w.Phase("killing", int64(c.Kills), &k.kills)
	w.Notes(func() string { return fmt.Sprintf("acknowledged %d", group.accepted.Load()) })
	cause := k.run(ctx)
	w.Phase("draining", 0, &group.acked)
	if cause == nil {
		cause = group.drain(ctx)
	} else {
		group.finish()
	}
	group.close()
	r, err := k.judge(&c, clients.Dir, time.Since(began), cause)
	if err != nil {
		return nil, errors.Join(cause, err)
	}
	return r, cause
}
