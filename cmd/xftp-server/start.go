package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
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
	"switchyard/server/profiler"
	"switchyard/server/signals"
	"switchyard/server/site"
	"switchyard/xftp/packets"
	"switchyard/xftp/router"
)

func startCommand(p paths) *cobra.Command {
	logLevel, pprof := "info", ""
	cmd := &cobra.Command{
		Use:     "start",
		Short:   "Run the router that " + p.ini() + " describes",
		Example: "  xftp-server start\n  xftp-server start --log-level debug --pprof 127.0.0.1:6060",
		Args:    cli.Arguments(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return start(cmd, p, logLevel, pprof) },
	}
	cmd.Flags().StringVar(&logLevel, "log-level", logLevel, "`LEVEL`: trace, debug, info, note, warn or error")
	cmd.Flags().StringVar(&pprof, "pprof", "", "`HOST:PORT` of the Go profiler, which has no password: use the loopback interface")
	cmd.Flags().String("confirm-migrations", "", "`DIRECTION`, without effect: the store has no migrations")
	return cmd
}

// start runs a router until it is told to stop.
func start(cmd *cobra.Command, p paths, logLevel, pprof string) error {
	level, err := parseLevel(logLevel)
	if err != nil {
		return err
	}
	if err := listen.CheckFiles(); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: level}))
	signals.Endure(log)
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
		note(cmd.ErrOrStderr(), "%s", line)
	}
	id, exposed, err := identity.Load(p.cfgDir, time.Now())
	if err != nil {
		return err
	}
	for _, line := range exposed {
		note(cmd.ErrOrStderr(), "%s", line)
	}
	if !s.coreDumps {
		if err := coredump.Forbid(); err != nil {
			return err
		}
	}
	ctx, cancel := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if pprof != "" {
		s.pprof = pprof
	}
	s.router.Gate = router.NewGate(s.limits, log)
	stopProfiler, err := profiler.Start(s.pprof, log, connections.Figures(s.router.Gate.Stats))
	if err != nil {
		return err
	}
	defer stopProfiler()
	closeSite, err := s.openSite(id, cmd.ErrOrStderr(), log)
	if err != nil {
		return err
	}
	defer closeSite()
	store, closeStore, err := openStore(ctx, p, &s, log)
	if err != nil {
		return err
	}
	secondKills := cancel
	return untilStopped(ctx, secondKills, stopTimeout+closeTime, func() error {
		return errors.Join(serve(ctx, cmd.OutOrStdout(), p, &s, id, store, log), closeStore())
	})
}

// parseLevel takes the names of the reference.
func parseLevel(name string) (slog.Level, error) {
	switch name {
	case "trace", "debug":
		return slog.LevelDebug, nil
	case "info", "note":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("--log-level %s is unknown; give trace, debug, info, note, warn or error", name)
}

// serve runs a router on a store until ctx ends or it fails.
func serve(ctx context.Context, out io.Writer, p paths, s *settings, id identity.Identity, store *packets.Store, log *slog.Logger) error {
	cfg := s.router
	cfg.Listen, cfg.KeyPair, cfg.Identity = s.listen(s.port), id.KeyPair, id.Hash
	cfg.Store, cfg.Log = store, log
	r, err := router.New(cfg)
	if err != nil {
		return err
	}
	o := &operation{paths: p, settings: s, router: r, store: store, log: log}
	if err := o.restoreStats(); err != nil {
		return err
	}
	control, err := o.startControl()
	if err != nil {
		return err
	}
	defer control()
	ended := make(chan error, 1)
	go func() { ended <- r.Run() }()
	select {
	case err := <-ended:
		return errors.Join(connections.Fault(err), stop(r))
	case <-r.Ready():
	}
	printStart(out, s, id)
	o.start(ctx)
	select {
	case err = <-ended:
		err = errors.Join(err, stop(r))
	case <-ctx.Done():
		log.Info("stopping")
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
	printServer(w, s.address(id))
	if s.information.SourceCode != "" {
		fmt.Fprintln(w, "Server source code: "+s.information.SourceCode)
	} else {
		fmt.Fprintln(w, "Warning: it is not said where the source code of this server is published.\nSet 'source_code' in section [INFORMATION] of the INI file.")
	}
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

// startControl serves the control port, if the ini asks for it.
func (o *operation) startControl() (stop func(), err error) {
	if o.settings.controlPort == "" {
		return func() {}, nil
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", o.settings.controlPort))
	if err != nil {
		return nil, fmt.Errorf("the control port: %w; set another control_port in section [TRANSPORT] of the ini", err)
	}
	control := &router.Control{Router: o.router, AdminPassword: o.settings.admin, User: o.settings.user}
	go control.Serve(connections.ForOperator(l, o.log))
	return func() { l.Close() }, nil
}
