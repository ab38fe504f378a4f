package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

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
	"switchyard/server/site"
	"switchyard/server/systemd"
	"switchyard/xftp/packets"
	"switchyard/xftp/router"
)

func startCommand(p paths) *cobra.Command {
	var options logging.Flags
	var pprof string
	cmd := &cobra.Command{
		Use:     "start",
		Short:   "Run the router that " + p.ini() + " describes",
		Example: "  xftp-server start\n  xftp-server start --log-level debug --pprof 127.0.0.1:6060",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := options.Open(cmd.ErrOrStderr(), p.ini())
			if err != nil {
				return err
			}
			return log.End(start(cmd, p, pprof, log.Logger))
		},
	}
	options.AddTo(cmd.Flags())
	cmd.Flags().StringVar(&pprof, "pprof", "", "`HOST:PORT` of the Go profiler, which has no password: use the loopback interface")
	cmd.Flags().String("confirm-migrations", "", "`DIRECTION`, without effect: the store has no migrations")
	return cmd
}

// start runs a router until it is told to stop.
func start(cmd *cobra.Command, p paths, pprof string, log *slog.Logger) error {
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
	if err := connections.Try(s.listen(s.port), s.storePath); err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if pprof != "" {
		s.pprof = pprof
	}
	s.router.Gate = router.NewGate(s.limits, log)
	web, err := s.openSite(id, log)
	if err != nil {
		return err
	}
	defer web.Stop()
	store, closeStore, err := openStore(ctx, p, &s, log)
	if err != nil {
		return err
	}
	secondKills := cancel
	return untilStopped(ctx, secondKills, stopTimeout+closeTime, func() error {
		return errors.Join(serve(ctx, cmd.OutOrStdout(), p, &s, id, web, store, hangups, log), closeStore())
	})
}

// serve runs a router on a store until ctx ends or it fails.
func serve(ctx context.Context, out io.Writer, p paths, s *settings, id identity.Identity, web *site.Server, store *packets.Store, hangups <-chan os.Signal, log *slog.Logger) error {
	cfg := s.router
	cfg.Listen, cfg.KeyPair, cfg.Identity = s.listen(s.port), id.KeyPair, id.Hash
	cfg.Store, cfg.Log = store, log
	r, err := router.New(cfg)
	if err != nil {
		return err
	}
	o := &operation{paths: p, settings: s, router: r, log: log}
	if err := o.restoreStats(); err != nil {
		return err
	}
	requests, err := startControl(p, s, id, r, store, log)
	if err != nil {
		return err
	}
	defer requests.Stop(stopTimeout)
	m := newMetrics(s, r, store, requests, log)
	stopProfiler, err := profiler.Start(s.pprof, log, m.Figures())
	if err != nil {
		return err
	}
	defer stopProfiler()
	stopMetrics, err := m.Serve(s.metrics)
	if err != nil {
		return err
	}
	defer stopMetrics()
	ended := make(chan error, 1)
	go func() { ended <- r.Run() }()
	select {
	case err := <-ended:
		return errors.Join(connections.Fault(err), stop(r))
	case <-r.Ready():
	}
	printStart(out, s, id)
	o.start(ctx)
	go s.reloader(p, id, r, log, requests.Part(), s.reloadSite(web, id)).Serve(ctx, hangups)
	systemd.Ready()
	select {
	case err = <-ended:
		err = errors.Join(err, stop(r))
	case <-ctx.Done():
		log.Info("stopping")
		systemd.Stopping()
		err = errors.Join(stop(r), <-ended)
	}
	o.wait()
	stats := cfg.Gate.Stats()
	stats.Log(log)
	return errors.Join(err, o.saveStats())
}

func stop(r *router.Router) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := r.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil // transfers that took longer were cut; their clients try again
}

// printStart prints what scripts of the reference look for, in its lines and order. The router listens by now.
func printStart(w io.Writer, s *settings, id identity.Identity) {
	manage.PrintServer(w, version(), s.address(id))
	manage.PrintSourceCode(w, s.information.SourceCode)
	if s.persist {
		fmt.Fprintln(w, "Store log: "+s.storePath)
	} else {
		fmt.Fprintln(w, "Store log disabled.")
	}
	fmt.Fprintln(w, "expiring files after "+site.Duration(s.router.FileTTL))
	if s.router.InactiveTTL > 0 {
		fmt.Fprintf(w, "expiring clients inactive for %d seconds every %d seconds\n", s.router.InactiveTTL/time.Second, s.router.InactiveCheck/time.Second)
	} else {
		fmt.Fprintln(w, "not expiring inactive clients")
	}
	uploads := "allowed."
	switch {
	case !s.router.NewFiles:
		uploads = "NOT allowed."
	case s.router.Password != "":
		uploads = "requires password."
	}
	fmt.Fprintln(w, "Uploading new files "+uploads)
	for _, url := range s.web.URLs(s.hosts, s.port) {
		fmt.Fprintln(w, "Site: "+url)
	}
	fmt.Fprintf(w, "Listening on port %s...\n", s.port)
}
