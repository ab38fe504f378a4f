package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"switchyard/loadtest/load"
	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/results"
)

// measureFlags are those of every scenario that measures the router's process. The router is one that runs, or one of
// the run's own, whose command follows "--".
type measureFlags struct {
	clientFlags
	pid     int
	out     string
	label   string
	pprof   string
	compare string
	set     []string
	data    string
	xftp    bool // the router is one of XFTP
	figures bool // the scenario reads the figures of a router of the run's own
	failIf  failIf
}

// ownProfiler is the value of --pprof that has the run's own router serve its profiler.
const ownProfiler = "own"

func (f *measureFlags) add(cmd *cobra.Command) {
	f.clientFlags.add(cmd)
	f.addMeasuring(cmd)
}

// addMeasuring adds those that are not about the clients.
func (f *measureFlags) addMeasuring(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&f.pid, "pid", 0, "process of the router, to measure its CPU time and memory")
	flags.StringVar(&f.out, "out", "", "write the raw results to `FILE`, NAME.jsonl, for loadtest report")
	flags.StringVar(&f.label, "label", "", "`NAME` of the row of a table that the run is for (default: the scenario)")
	flags.StringVar(&f.pprof, "pprof", "", "`ADDRESS` of the router's profiler, from which to fetch CPU and heap profiles, or own for that "+
		"of a router of the run's own; they are written beside --out")
	flags.StringVar(&f.compare, "compare", "", "`FILE` with the raw results of another run, to print side by side with this one")
	flags.StringArrayVar(&f.set, "set", nil, "`SECTION.KEY=VALUE`, a setting of a router of the run's own, as SWITCHYARD.sync=interval; $PORT is its port")
	flags.StringVar(&f.data, "data", "", "`DIRECTORY` of a router of the run's own (default: a temporary one)")
	f.failIf.add(flags)
}

// check refuses what contradicts itself. command is that of a router of the run's own.
func (f *measureFlags) check(command []string) error {
	own := len(command) > 0
	switch {
	case own && (f.server != "" || f.pid != 0):
		return errors.New("give either --server and --pid of a router that runs, or the command of one after --")
	case !own && f.server == "":
		return errors.New("give the address of a router with --server, or run one with `-- smp-server start`")
	case !own && (f.pprof == ownProfiler || len(f.set) > 0 || f.data != ""):
		return errors.New("--pprof own, --set and --data are for a router of the run's own: add `-- smp-server start`")
	case f.pprof != "" && f.out == "":
		return errors.New("--pprof needs --out: the profiles are written beside the raw results")
	case f.compare != "" && f.out == "":
		return errors.New("--compare needs --out: it compares raw results")
	}
	return nil
}

// scenario runs a load against a router.
type scenario func(ctx context.Context, c load.Client, m measure.Target, r *process.Router) (results.Report, error)

// run gets the router, runs the scenario and shows what came out.
func (f *measureFlags) run(cmd *cobra.Command, command []string, do scenario) error {
	return f.runOn(cmd, command, func(ctx context.Context, m measure.Target, r *process.Router) (results.Report, error) {
		client, err := f.client()
		if err != nil {
			return nil, err
		}
		return do(ctx, client, m, r)
	})
}

// runOn is run for scenarios with clients of their own; the router's address is in server.
func (f *measureFlags) runOn(cmd *cobra.Command, command []string,
	do func(context.Context, measure.Target, *process.Router) (results.Report, error)) error {
	if err := f.check(command); err != nil {
		return err
	}
	settings, err := f.settings()
	if err != nil {
		return err
	}
	m := measure.Target{PID: f.pid, Pprof: f.pprof}
	var router *process.Router
	if len(command) > 0 {
		own := process.Own{Command: command, Dir: f.data, Settings: settings, XFTP: f.xftp, Profile: f.pprof == ownProfiler || f.figures}
		var end func()
		if router, end, err = own.Start(cmd.Context()); err != nil {
			return err
		}
		defer end()
		f.server, m.PID, m.Figures = router.Address.String(), router.PID(), router.Profiler
		if f.pprof == ownProfiler {
			m.Pprof = router.Profiler
		}
	}
	return f.record(cmd, m, func(m measure.Target) (results.Report, error) {
		return do(cmd.Context(), m, router)
	})
}

func (f *measureFlags) settings() ([]process.Setting, error) { return parseSettings(f.set) }

// parseSettings reads the values of --set.
func parseSettings(texts []string) (settings []process.Setting, err error) {
	for _, text := range texts {
		s, err := process.ParseSetting(text)
		if err != nil {
			return nil, fmt.Errorf("--set: %w", err)
		}
		settings = append(settings, s)
	}
	return settings, nil
}

// record writes the raw results and shows the report.
func (f *measureFlags) record(cmd *cobra.Command, m measure.Target, do func(measure.Target) (results.Report, error)) error {
	if f.out != "" {
		run := results.Run{Scenario: cmd.Name(), Label: f.label, Args: slices.Clone(os.Args[1:]), Machine: results.ThisMachine()}
		run.Machine.Commit = commit
		var err error
		if m.Record, err = results.CreateRecording(f.out, run); err != nil {
			return fmt.Errorf("writing the raw results: %w", err)
		}
	}
	report, cause := do(m)
	if err := m.Record.Finish(report, cause); err != nil && cause == nil {
		cause = fmt.Errorf("writing the raw results: %w", err)
	}
	if report == nil {
		return cause
	}
	err := errors.Join(show(cmd, f.json, report, cause), f.failIf.judge(report))
	if f.compare != "" {
		return errors.Join(results.CompareFiles(cmd.OutOrStdout(), f.compare, f.out), err)
	}
	return err
}

// reported turns the result of a scenario into one that is nil when there is none.
func reported[T any, P interface {
	*T
	results.Report
}](report P, err error) (results.Report, error) {
	if report == nil {
		return nil, err
	}
	return report, err
}
