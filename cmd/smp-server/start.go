package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/spf13/cobra"

	"switchyard/engine"
	"switchyard/engine/operator"
	"switchyard/internal/stage"
	"switchyard/server/cli"
	"switchyard/server/connections"
	"switchyard/server/coredump"
	"switchyard/server/crash"
	"switchyard/server/directories"
	"switchyard/server/identity"
	"switchyard/server/listen"
	"switchyard/server/logging"
	"switchyard/server/manage"
	"switchyard/server/profiler"
	"switchyard/server/signals"
	"switchyard/server/systemd"
	"switchyard/wal"
)

type startOptions struct {
	maintenance bool
	pprof       string
	log         logging.Flags
}

func startCommand(p paths) *cobra.Command {
	var o startOptions
	cmd := &cobra.Command{
		Use:     "start",
		Short:   "Run the router that " + p.ini() + " describes",
		Example: "  smp-server start\n  smp-server start --log-level debug --pprof 127.0.0.1:6060",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := o.log.Open(cmd.ErrOrStderr(), p.ini())
			if err != nil {
				return err
			}
			return log.End(start(cmd, p, o, log.Logger))
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVarP(&o.maintenance, "maintenance", "m", false, "open and close the store, without serving")
	o.log.AddTo(f)
	f.StringVar(&o.pprof, "pprof", "", "`HOST:PORT` of the Go profiler, which has no password: use the loopback interface")
	f.String("confirm-migrations", "", "`DIRECTION`, without effect: the store has no migrations")
	f.Bool("compact-log", false, "without effect: the store compacts itself")
	f.Bool("skip-warnings", false, "without effect: no fault of the store is skipped")
	return cmd
}

// start runs a router until it is told to stop.
func start(cmd *cobra.Command, p paths, o startOptions, log *slog.Logger) error {
	if err := listen.CheckFiles(); err != nil {
		return err
	}
	hangups := signals.Endure()
	s, doubtful, err := loadSettings(p)
	if err != nil {
		return err
	}
	if !s.coreDumps {
		if err := crash.Silence(); err != nil { // before anything is said or opened
			return err
		}
	}
	if err := directories.Use(p.cfgDir); err != nil {
		return err
	}
	for _, line := range doubtful {
		log.Warn(line)
	}
	id, exposed, err := identity.Load(p.cfgDir, time.Now())
	if err != nil {
		return err
	}
	for _, line := range exposed {
		log.Warn(line)
	}
	if !s.coreDumps {
		if err := coredump.Forbid(); err != nil {
			return err
		}
	}
	if !o.maintenance {
		if err := connections.Try(s.listen(), s.storePath); err != nil {
			return err
		}
	}
	store, err := openStore(p, &s, log)
	if err != nil {
		return err
	}
	end := &stopping{timeout: s.stopTimeout}
	if !o.maintenance {
		err = serve(cmd, p, &s, id, store, o.pprof, end, hangups, log)
	}
	return errors.Join(err, end.store(store))
}

// openStore opens the store, in memory when nothing shall be kept.
func openStore(p paths, s *settings, log *slog.Logger) (*wal.Store, error) {
	options := s.store
	options.Log = log
	if !s.persist {
		options.FS = vfs.NewMem()
		return wal.Open(s.storePath, options)
	}
	if err := s.untaken(p); err != nil {
		return nil, err
	}
	if options.Sync != wal.SyncAlways {
		log.Warn("commands are answered before they are on stable storage: a crash loses some of them", "sync", options.Sync.String())
	}
	return wal.Open(s.storePath, options)
}

// serve runs the engine on a store until a signal comes or it fails.
func serve(cmd *cobra.Command, p paths, s *settings, id identity.Identity, store *wal.Store, profilerAddr string, end *stopping, hangups <-chan os.Signal,
	log *slog.Logger) error {
	ctx, cancel := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	s.tuneMemory()
	web, err := s.newSite(log)
	if err != nil {
		return err
	}
	defer web.Stop()
	cfg := s.engine
	cfg.Listen, cfg.KeyPair, cfg.Identity = s.listen(), id.KeyPair, id.Hash
	cfg.Store, cfg.Queues, cfg.Log = store, s.queues, log
	cfg.Proxy.Log = log
	cfg.Queues.PartitionKey = store.PartitionKey()
	profilerAddr = orElse(profilerAddr, s.pprof)
	if profilerAddr != "" || s.metrics != "" {
		cfg.Queues.Watch = stage.NewWatch()
	}
	accounts, stopped := openAccounts(s, store, log), false
	defer func() { accounts.end(stopped, s.stopTimeout) }()
	router, err := engine.New(cfg)
	if err != nil {
		return err
	}
	if err := s.openSite(web, id, router); err != nil {
		return errors.Join(err, end.router(router))
	}
	accounts.begin(ctx, router)
	quota := operator.NewQuota(s.control.blockQuota)
	quota.SetCount(int(accounts.BlockedToday(time.Now())))
	requests, err := startControl(p, s, id, router, store, quota, accounts, log)
	if err != nil {
		return errors.Join(err, end.router(router))
	}
	defer requests.Stop(s.stopTimeout)
	m := newMetrics(router, web, store, requests, cfg.Queues.Watch, accounts.text, log)
	stopProfiler, err := profiler.Start(profilerAddr, log, m.Figures())
	if err != nil {
		return errors.Join(err, end.router(router))
	}
	defer stopProfiler()
	stopMetrics, err := m.Serve(s.metrics)
	if err != nil {
		return errors.Join(err, end.router(router))
	}
	defer stopMetrics()
	ended := make(chan error, 1)
	go func() { ended <- router.Run() }()
	select {
	case err := <-ended:
		return errors.Join(connections.Fault(err), end.router(router))
	case <-router.Ready():
	}
	go trimMemory(ctx)
	printStart(cmd.OutOrStdout(), s, id)
	go s.reloader(p, id, router, log, requests.Part(), quotaPart(quota), s.reloadSite(p, id, web)).Serve(ctx, hangups)
	systemd.Ready()
	select {
	case err := <-ended:
		return errors.Join(err, end.router(router))
	case <-ctx.Done():
	}
	cancel() // a second signal kills
	log.Info("stopping")
	systemd.Stopping()
	err = errors.Join(end.router(router), <-ended)
	stopped = err == nil
	stats := router.Stats()
	stats.Log(log)
	log.Info("stopped")
	return err
}

// printStart prints what scripts of the reference look for, in its lines and order. The router listens by now.
func printStart(w io.Writer, s *settings, id identity.Identity) {
	manage.PrintServer(w, version(), s.address(id))
	manage.PrintSourceCode(w, s.source)
	if s.persist {
		fmt.Fprintln(w, "Store log: "+s.storePath)
	} else {
		fmt.Fprintln(w, "Store log disabled.")
	}
	for _, port := range s.ports {
		fmt.Fprintf(w, "Serving SMP protocol on port %s (TLS)...\n", port)
	}
	for _, port := range s.webPorts {
		fmt.Fprintf(w, "Serving SMP protocol on port %s (WebSockets)...\n", port)
	}
	s.printSite(w)
	fmt.Fprintf(w, "expiring messages after %d days\n", s.queues.MessageTTL/(24*time.Hour))
	if s.engine.InactiveTTL > 0 {
		fmt.Fprintf(w, "expiring clients inactive for %d seconds every %d seconds\n",
			s.engine.InactiveTTL/time.Second, s.engine.InactiveCheck/time.Second)
	} else {
		fmt.Fprintln(w, "not expiring inactive clients")
	}
	fmt.Fprintln(w, "creating new queues "+s.creation())
}

// creation says who may create queues.
func (s *settings) creation() string {
	switch {
	case !s.queues.NewQueues:
		return "NOT allowed"
	case s.password != "":
		return "requires password"
	}
	return "allowed"
}
