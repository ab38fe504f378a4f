package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// test is a test of the package.
type test struct {
	Name    string
	Took    time.Duration
	Reaches []int // changes, in order
}

// traceLimit is how long one test may take when nothing is changed.
const traceLimit = 10 * time.Minute

// trace runs each test that matches, and not skip, by itself, with nothing changed, and notes what it reaches. What was traced of the same
// binary before is not traced again. A test that fails in the copy is left out, and named.
func (w *workshop) trace(ctx context.Context, pattern, skip string) error {
	remembered, err := w.remembered(pattern, skip)
	if err != nil {
		return err
	}
	if data, err := os.ReadFile(remembered); err == nil && json.Unmarshal(data, &w.tests) == nil {
		return nil
	}
	names, err := w.list(ctx, pattern, skip)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.log, "%s: %d tests; each runs once by itself\n", w.p.name, len(names))
	for _, name := range names {
		t, output, err := w.traceOne(ctx, name)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			fmt.Fprintf(w.log, "left out, as it fails in the copy: %s: %s\n", name, reason(output, err))
			continue
		}
		w.tests = append(w.tests, t)
	}
	data, err := json.Marshal(w.tests)
	if err != nil {
		return err
	}
	return os.WriteFile(remembered, data, 0o600)
}

// remembered is the file with what was traced of this binary.
func (w *workshop) remembered(pattern, skip string) (string, error) {
	data, err := os.ReadFile(w.binary)
	if err != nil {
		return "", err
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "switchyard-mutants")
	sum := sha256.Sum256(append(data, pattern+"\x00"+skip...))
	return filepath.Join(dir, hex.EncodeToString(sum[:16])+".json"), os.MkdirAll(dir, 0o700)
}

func (w *workshop) list(ctx context.Context, pattern, skip string) (names []string, err error) {
	out, err := w.command(ctx, "-test.list", pattern).Output()
	if err != nil {
		return nil, fmt.Errorf("the tests of %s cannot be listed: %w", w.p.name, err)
	}
	without, err := regexp.Compile(skip)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(out)) {
		name := strings.TrimSpace(line)
		if skip != "" && without.MatchString(name) {
			continue
		}
		if regexp.MustCompile(`^(Test|Fuzz|Example)\w*$`).MatchString(name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// command is a run of the tests. It ends with all processes that they have started.
func (w *workshop) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, w.binary, args...)
	cmd.Dir = w.p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	return cmd
}

func (w *workshop) traceOne(ctx context.Context, name string) (*test, string, error) {
	reached := filepath.Join(w.work, "reached")
	if err := os.WriteFile(reached, make([]byte, max(w.ids, 1)), 0o600); err != nil {
		return nil, "", err
	}
	cmd := w.command(ctx, "-test.run", "^"+name+"$", "-test.timeout", traceLimit.String())
	cmd.Env = append(os.Environ(), reachedVariable+"="+reached)
	began := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, string(out), err
	}
	t := &test{Name: name, Took: time.Since(began)}
	marks, err := os.ReadFile(reached)
	if err != nil {
		return nil, "", err
	}
	for id, mark := range marks {
		if mark != 0 {
			t.Reaches = append(t.Reaches, id)
		}
	}
	return t, "", nil
}

// reaching are the tests that reach a change, the fastest first.
func (w *workshop) reaching(m *mutant) (tests []*test) {
	for _, t := range w.tests {
		if _, ok := slices.BinarySearch(t.Reaches, m.id); ok {
			tests = append(tests, t)
		}
	}
	slices.SortStableFunc(tests, func(a, b *test) int { return int(a.Took/time.Millisecond) - int(b.Took/time.Millisecond) })
	return tests
}

// reason is the line of a test's output that says why it failed.
func reason(output string, err error) string {
	for _, pattern := range []string{`(?m)^panic: .*$`, `(?m)^\s+\w+_test\.go:\d+: .*$`, `(?m)^--- FAIL.*$`, `(?m)^fatal error: .*$`} {
		if line := regexp.MustCompile(pattern).FindString(output); line != "" {
			return strings.TrimSpace(line)
		}
	}
	return firstLine(string(bytes.TrimSpace([]byte(output))), err)
}

// failed are the tests that an output says have failed, without subtests.
func failed(output string) (names []string) {
	for _, m := range regexp.MustCompile(`(?m)^--- FAIL: (\w+)`).FindAllStringSubmatch(output, -1) {
		names = append(names, m[1])
	}
	return names
}

// noMutant is none of the mutants.
const noMutant = -1

func makes(id int) string { return madeVariable + "=" + strconv.Itoa(id) }
