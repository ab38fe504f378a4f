package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
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

// Each budget goes on from the seeds of the one before.
func TestSeedsGoOn(t *testing.T) {
	dir := t.TempDir()
	seen := filepath.Join(dir, "seen")
	good := shell("good", "echo $OF $1 >>"+seen, 10, 20)
	for range 3 {
		spend(t, t.Context(), dir, 1, good)
	}
	if r := spend(t, t.Context(), dir, 1, good).of(good); r.Next != 41 || r.Tried != 80 || len(r.Failures) != 0 {
		t.Errorf("%+v", r)
	}
	if lines, err := os.ReadFile(seen); err != nil || string(lines) != "good 1\ngood 11\ngood 21\ngood 31\n" {
		t.Errorf("seeds: %q, %v", lines, err)
	}
}

func TestFailureIsNamed(t *testing.T) {
	dir := t.TempDir()
	bad := shell("bad", `echo "broke at $1"; exit 1`, 5, 2)
	p := spend(t, t.Context(), dir, 1, bad)
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

// A turn that is interrupted is made again, with what is left of the budget.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	ctx, interrupt := context.WithCancel(t.Context())
	long := shell("long", "exec sleep 100", 1, 1)
	inner := long.command
	long.command = func(seed uint64) command {
		interrupt()
		return inner(seed)
	}
	if r := spend(t, ctx, dir, time.Hour, long).of(long); r.Next != 1 || r.Tried != 0 || len(r.Failures) != 0 {
		t.Errorf("%+v", r)
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
