package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// shell is a step that runs a script with its seed as $1.
func shell(name, script string, seeds, tries int) step {
	return step{name: name, fault: "what " + name + " does", unit: "seeds", seeds: seeds, tries: tries, share: 1, command: func(seed uint64) command {
		return command{[]string{"OF=" + name}, []string{"sh", "-c", script, "sh", fmt.Sprint(seed)}}
	}}
}

// spend runs steps for a budget over the progress in dir.
func spend(t *testing.T, ctx context.Context, dir string, budget time.Duration, steps ...step) *progress {
	t.Helper()
	p, err := openProgress(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := (&torture{steps: steps, progress: p, budget: budget, log: io.Discard}).run(ctx); err != nil {
		t.Fatal(err)
	}
	return p
}

// oneTurn runs a step once: the second turn is interrupted before it begins.
func oneTurn(t *testing.T, dir string, s step) *progress {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	inner, turns := s.command, 0
	s.command = func(seed uint64) command {
		if turns++; turns > 1 {
			interrupt()
		}
		return inner(seed)
	}
	return spend(t, ctx, dir, time.Hour, s)
}

// Each run goes on from the seeds of the one before.
func TestSeedsGoOn(t *testing.T) {
	dir := t.TempDir()
	seen := filepath.Join(dir, "seen")
	good := shell("good", "echo $OF $1 >>"+seen, 10, 20)
	for range 3 {
		oneTurn(t, dir, good)
	}
	if r := oneTurn(t, dir, good).of(good); r.Next != 41 || r.Tried != 80 || len(r.Failures) != 0 {
		t.Errorf("%+v", r)
	}
	if lines, err := os.ReadFile(seen); err != nil || string(lines) != "good 1\ngood 11\ngood 21\ngood 31\n" {
		t.Errorf("seeds: %q, %v", lines, err)
	}
}

func TestFailureIsNamed(t *testing.T) {
	dir := t.TempDir()
	bad := shell("bad", `echo "broke at $1"; exit 1`, 5, 2)
	p := oneTurn(t, dir, bad)
	r := p.of(bad)
	if r.Next != 6 || r.Tried != 2 || len(r.Failures) != 1 || !p.failed() {
		t.Fatalf("%+v", r)
	}
	if log, err := os.ReadFile(r.Failures[0].Log); err != nil || string(log) != "broke at 1\n" {
		t.Errorf("its output: %q, %v", log, err)
	}
	var table strings.Builder
	p.writeTable(&table, []step{bad})
	for _, want := range []string{"what bad does\n", `bad failed at seed 1: see ` + dir + `/bad-1.log; again: OF=bad sh -c 'echo "broke at $1"; exit 1' sh 1`} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, table.String())
		}
	}
}

// counted is a step whose script says when it has tried something, and then waits in vain.
func counted(dir, script string) step {
	s := shell("counted", script+"; echo; exec <>wait; read x", 10, 20)
	s.done = regexp.MustCompile("(?m)^done (.*)$")
	if err := syscall.Mkfifo(filepath.Join(dir, "wait"), 0o600); err != nil {
		panic(err)
	}
	inner := s.command
	s.command = func(seed uint64) command {
		c := inner(seed)
		c.args[2] = "cd " + dir + "; " + c.args[2]
		return c
	}
	return s
}

// interruptedAt runs a step, and ends the context when what it prints is there.
func interruptedAt(t *testing.T, dir string, s step) *progress {
	t.Helper()
	if err := syscall.Mkfifo(filepath.Join(dir, "reached"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		defer interrupt()
		reached, err := os.Open(filepath.Join(dir, "reached")) // when the script does
		if err == nil {
			reached.Close()
		}
	}()
	return spend(t, ctx, dir, time.Hour, s)
}

// A turn that is interrupted counts as far as it came; its seeds go on from there, and its time is spent.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	p := interruptedAt(t, dir, counted(dir, "echo done x; echo done 5; >reached"))
	if r := p.Steps["counted"]; r.Next != 4 || r.Tried != 6 || len(r.Failures) != 0 || r.Took == 0 || p.Spent != r.Took {
		t.Errorf("%+v, %v spent", r, p.Spent)
	}
	again, err := openProgress(dir)
	if err != nil || again.Steps["counted"].Tried != 6 || again.Spent != p.Spent {
		t.Errorf("kept is %+v, %v", again, err)
	}
}

// What has failed before an interrupt is a failure, and what is cut off by it is none.
func TestInterruptAfterFailure(t *testing.T) {
	dir := t.TempDir()
	p := interruptedAt(t, dir, counted(dir, "echo done 1; echo '    --- FAIL: TestX/seed=1 (0.00s)'; >reached"))
	if r := p.Steps["counted"]; r.Tried != 1 || len(r.Failures) != 1 {
		t.Fatalf("%+v", r)
	}
}

// A seed has failed when its test says so, which is before package testing does.
func TestInterruptAfterFailedSeed(t *testing.T) {
	dir := t.TempDir()
	p := interruptedAt(t, dir, counted(dir, "echo done 1; echo '    crash_test.go:79: seed 8: failed'; >reached"))
	if r := p.Steps["counted"]; r.Tried != 1 || len(r.Failures) != 1 {
		t.Fatalf("%+v", r)
	}
}

// The end of the budget ends a turn, which counts as far as it came; the next budget begins anew.
func TestBudgetIsKept(t *testing.T) {
	dir := t.TempDir()
	long := counted(dir, "echo done 20")
	p := spend(t, t.Context(), dir, 300*time.Millisecond, long)
	if r := p.of(long); p.Spent != 300*time.Millisecond || len(r.Failures) != 0 || r.Tried != 0 && r.Tried != 20 {
		t.Errorf("%+v, %v spent", r, p.Spent)
	}
	p = spend(t, t.Context(), dir, 300*time.Millisecond, long)
	if p.Spent != 300*time.Millisecond {
		t.Errorf("%v spent", p.Spent)
	}
}

// What steps print is what their tests and scenarios do.
func TestStepsAreCounted(t *testing.T) {
	for name, c := range map[string]struct {
		printed string
		want    int
	}{
		"power":   {"=== RUN   TestCrash/from=7/seed=7/always\n=== NAME  TestCrash/from=7/seed=7/always\n    crash_test.go:76: seed 7: passed\n    crash_test.go:79: seed 8: failed\n", 2},
		"history": {"=== RUN   TestLinearizable/3\n    history_test.go:44: seed 3: passed\n", 1},
		"disk":    {"--- PASS: TestDiskFaults (1.20s)\n--- PASS: TestDamagedFiles (1.20s)\n", 1},
		"crash":   {"refused (quota)  3\nkills           17    while starting  2   slowest start ms  31\n", 17},
		"abuse": {"attackers  conns  group's p99 ms  by quiet  lag p99  ring p99  sync p99  router CPU %  theirs %  RSS MiB  rested  attempts  succeeded\n" +
			"none              1.20            1.0       0.20     0.10      0.30      12.0                    40.0\n" +
			"flood      20     3.40            2.8       0.30     0.20      0.40      90.1          55.0      41.0     40.5    5000      4999\n", 1},
		"model": {"anything", 0},
	} {
		i := slices.IndexFunc(steps, func(s step) bool { return s.name == name })
		if got := steps[i].triedIn([]byte(c.printed)); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

// The step that had least of its share of the time is next.
func TestShares(t *testing.T) {
	a, b := step{name: "a", share: 1}, step{name: "b", share: 3}
	p := &progress{Steps: map[string]*record{"a": {Took: 2 * time.Second}, "b": {Took: 5 * time.Second}}}
	to := torture{steps: []step{a, b}, progress: p}
	if s := to.next(); s.name != "b" {
		t.Error("next is", s.name)
	}
	p.of(b).Took = 7 * time.Second
	if s := to.next(); s.name != "a" {
		t.Error("next is", s.name)
	}
}

func TestChoose(t *testing.T) {
	all := []step{{name: "a"}, {name: "b"}}
	if got, err := choose(all, []string{"b"}); err != nil || len(got) != 1 || got[0].name != "b" {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := choose(all, []string{"c"}); err == nil || !strings.Contains(err.Error(), `no "c", but a, b`) {
		t.Error(err)
	}
}

// A program that is missing is no failure of the router.
func TestProgramIsMissing(t *testing.T) {
	p, err := openProgress(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := step{name: "gone", seeds: 1, share: 1, command: func(uint64) command { return command{nil, []string{"bin/nothing"}} }}
	if err := (&torture{steps: []step{s}, progress: p, budget: time.Hour, log: io.Discard}).run(t.Context()); err == nil || p.failed() {
		t.Errorf("%v, %+v", err, p.Steps)
	}
}

// A step whose tests are gone would pass: go test is content with none.
func TestStepsNameTests(t *testing.T) {
	names := regexp.MustCompile(`Test\w+`)
	for _, s := range steps {
		c := s.command(1)
		if c.args[0] != "go" {
			continue
		}
		var run, dir string
		for _, a := range c.args {
			if strings.HasPrefix(a, "-run=") {
				run = a
			}
			if strings.HasPrefix(a, "./") {
				dir = filepath.Join("..", "..", a)
			}
		}
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		var code strings.Builder
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			code.Write(data)
		}
		wanted := names.FindAllString(run, -1)
		if len(wanted) == 0 {
			t.Errorf("%s runs no test", s.name)
		}
		for _, name := range wanted {
			if !strings.Contains(code.String(), "\nfunc "+name+"(t *testing.T)") {
				t.Errorf("%s: there is no %s in %s", s.name, name, dir)
			}
		}
	}
}
