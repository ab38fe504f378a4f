// Package judge judges a server before it is started, or while it runs: what start would refuse, and what somebody who operates
// it should mend. Each finding is a line:
//
//	ok NAME: what is there
//	warning NAME: fault; mend
//	error NAME: fault; mend
//
// It changes nothing: files are only read, a store is opened with its writes in memory (internal/shadow), and a port that is free
// is taken for a moment. A program has a list of judgements; those that all servers need are here.
//
// judge imports server/cli, server/connections, server/directories, server/identity, server/inifile, server/listen and server/manage. A Report
// belongs to one goroutine.
package judge

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
	"switchyard/server/inifile"
	"switchyard/server/manage"
)

// Report takes findings and prints them.
type Report struct {
	out              io.Writer
	errors, warnings int
	process          *process // of the server, nil when none runs
}

func (r *Report) print(kind, name, text string) {
	fmt.Fprintf(r.out, "%s %s: %s\n", kind, name, strings.Join(strings.Fields(text), " "))
}

// OK says that something is as it should be.
func (r *Report) OK(name, format string, args ...any) {
	r.print("ok", name, fmt.Sprintf(format, args...))
}

// Warn says what the server can live with, and how to mend it.
func (r *Report) Warn(name, format string, args ...any) {
	r.warnings++
	r.print("warning", name, fmt.Sprintf(format, args...))
}

// Error says what keeps the server from starting or serving; the error says how to mend it.
func (r *Report) Error(name string, err error) {
	r.errors++
	r.print("error", name, err.Error())
}

// Command is check. judge puts the findings of one server into a report.
func Command(p *manage.Program, judge func(*Report)) *cobra.Command {
	strict := false
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Judge ini, keys, certificates, store, ports and disk, and change nothing",
		Long: `Judge ini, keys, certificates, store, ports and disk, line by line, and change nothing; the router may run or not.
A line begins with ok, warning or error, and says behind a semicolon how to mend it. The exit code is 1 when there are errors,
with --strict when there are warnings, too.`,
		Example: "  " + p.Name + " check --strict",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := p.RequireInitialized(); err != nil {
				return err
			}
			r := &Report{out: cmd.OutOrStdout(), process: serverProcess(p.Config)}
			if r.process != nil {
				r.OK("process", "the router runs, as process %d", r.process.PID)
			}
			judge(r)
			return r.verdict(strict)
		},
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "fail at warnings, too")
	return cmd
}

// verdict is the error of a check.
func (r *Report) verdict(strict bool) error {
	switch {
	case r.errors > 0:
		return fmt.Errorf("found %s and %s; mend them as their lines say", count(r.errors, "error"), count(r.warnings, "warning"))
	case strict && r.warnings > 0:
		return fmt.Errorf("found %s; mend what their lines say, or check without --strict", count(r.warnings, "warning"))
	}
	return nil
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// Ini judges what reading the configuration has found: its doubtful lines, and its faults, or the error that kept it from being
// read. It tells whether the settings can be used.
func (r *Report) Ini(path string, doubtful []string, f *inifile.File, err error) (usable bool) {
	const name = "ini"
	for _, line := range doubtful {
		r.Warn(name, "%s", line)
	}
	if f == nil {
		r.Error(name, err)
		return false
	}
	said := make(map[string]bool)
	for _, fault := range f.Faults() {
		if key := fault.Section + "." + fault.Key; !said[key] { // one value may have several
			said[key] = true
			r.Error(name, fault)
		}
	}
	if len(said) == 0 {
		r.OK(name, "%s", path)
	}
	return len(said) == 0
}
