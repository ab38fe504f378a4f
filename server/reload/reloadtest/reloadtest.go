// Package reloadtest has whole routers reread what they are made of, for tests: it changes their files, and follows their logs.
package reloadtest

import (
	"bufio"
	"os"
	"strings"
	"syscall"
	"testing"
)

// Router is a router that runs, and whose standard error is a pipe.
type Router struct {
	T       testing.TB
	Process *os.Process
	lines   *bufio.Scanner
}

// Log returns a pipe for the standard error of a router, and what follows it once it runs.
func Log(t testing.TB) (stderr *os.File, follow func(*os.Process) *Router) {
	t.Helper()
	log, stderr, err := os.Pipe()
	check(t, err)
	return stderr, func(p *os.Process) *Router {
		check(t, stderr.Close())
		t.Cleanup(func() { log.Close() })
		return &Router{T: t, Process: p, lines: bufio.NewScanner(log)}
	}
}

// Reload sends SIGHUP, and returns what the router logs of it. ok tells whether it has reread.
func (r *Router) Reload() (log string, ok bool) {
	r.T.Helper()
	check(r.T, r.Process.Signal(syscall.SIGHUP))
	var b strings.Builder
	for r.lines.Scan() {
		line := r.lines.Text()
		b.WriteString(line + "\n")
		if ok = strings.Contains(line, "settings and certificates are reread"); ok || strings.Contains(line, "nothing was reread") {
			return b.String(), ok
		}
	}
	r.T.Fatal("the log has ended: ", r.lines.Err())
	return "", false
}

// Rest reads the log to its end, in the background.
func (r *Router) Rest() {
	go func() {
		for r.lines.Scan() {
		}
	}()
}

// Edit replaces texts of a file, in pairs; each must be there.
func Edit(t testing.TB, name string, pairs ...string) {
	t.Helper()
	text, err := os.ReadFile(name)
	check(t, err)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(string(text), pairs[i]) {
			t.Fatalf("%s has no %q", name, pairs[i])
		}
	}
	check(t, os.WriteFile(name, []byte(strings.NewReplacer(pairs...).Replace(string(text))), 0o600))
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
