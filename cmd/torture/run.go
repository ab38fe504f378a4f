package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// torture runs its steps until the budget is spent.
type torture struct {
	steps    []step
	progress *progress
	budget   time.Duration
	log      io.Writer
}

// killDelay is how long a command that was told to end may take to clean up.
const killDelay = 20 * time.Second

// run gives each turn to the step that had least of its share of time. A step that failed goes on with other seeds. The end
// of the budget ends the last turn as an interrupt does. The error is of ours, not of what is tested.
func (t *torture) run(ctx context.Context) error {
	if t.progress.Spent >= t.budget {
		t.progress.again()
	}
	ctx, cancel := context.WithTimeout(ctx, t.budget-t.progress.Spent)
	defer cancel()
	for t.progress.Spent < t.budget && ctx.Err() == nil {
		s := t.next()
		if err := t.turn(ctx, s); err != nil {
			return err
		}
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.progress.Spent = t.budget
	}
	return t.progress.save()
}

func (t *torture) next() step {
	least := t.steps[0]
	for _, s := range t.steps[1:] {
		if t.progress.of(s).Took*time.Duration(least.share) < t.progress.of(least).Took*time.Duration(s.share) {
			least = s
		}
	}
	return least
}

// turn runs a step from its next seed and saves what became of it. One that is interrupted counts as far as it came, and its
// seeds go on from there.
func (t *torture) turn(ctx context.Context, s step) error {
	r := t.progress.of(s)
	seed := r.Next
	c := s.command(seed)
	fmt.Fprintf(t.log, "torture: %v of %v: %s\n", t.progress.Spent.Round(time.Second), t.budget, c)
	began := time.Now()
	output, err := execute(ctx, c)
	took := time.Since(began)
	if exit := (*exec.ExitError)(nil); err != nil && ctx.Err() == nil && !errors.As(err, &exit) {
		return fmt.Errorf("%w: run make torture in the root of the repository", err)
	}
	tried, failed := s.tries, err != nil
	if ctx.Err() != nil {
		tried, failed = s.triedIn(output), failures.Match(output)
	}
	r.Next = seed + uint64(s.seeds*tried/s.tries)
	r.Tried += tried
	r.Took += took
	t.progress.Spent += took
	if failed {
		name := filepath.Join(t.progress.dir, fmt.Sprintf("%s-%d.log", s.name, seed))
		if err := os.WriteFile(name, output, 0o600); err != nil {
			return err
		}
		r.Failures = append(r.Failures, failure{Seed: seed, Command: c.String(), Log: name})
		fmt.Fprintf(t.log, "torture: %s failed: %s\n", s.name, name)
	}
	return t.progress.save()
}

// failures are what tests and scenarios say of a failure before they end.
var failures = regexp.MustCompile(`(?m)--- FAIL: |: seed \d+: failed$|the router failed the check`)

// triedIn counts what a turn has tried by what it printed until it was interrupted.
func (s *step) triedIn(output []byte) (n int) {
	if s.done == nil {
		return 0
	}
	for _, m := range s.done.FindAllSubmatch(output, -1) {
		if each, err := strconv.Atoi(string(m[len(m)-1])); err == nil {
			n += each // the line says how many
		} else {
			n++
		}
	}
	return min(n, s.tries)
}

// command is a process: settings of its environment, a program and its arguments.
type command struct {
	env  []string
	args []string
}

// String is the command as a shell takes it.
func (c command) String() string {
	words := append([]string{}, c.env...)
	for _, a := range c.args {
		if strings.ContainsAny(a, " $^|*'\"") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}

// execute returns what a command printed. It is told to end when the context does, and so are its children; those that do not
// are killed with it.
func execute(ctx context.Context, c command) ([]byte, error) {
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Env = append(os.Environ(), c.env...)
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = killDelay
	err := cmd.Run()
	if cmd.Process != nil && ctx.Err() != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // mostly none is left
	}
	return output.Bytes(), err
}
