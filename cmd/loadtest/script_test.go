package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"switchyard/loadtest/process"
)

// binaries is where the programs under test are: loadtest is this test's own, the routers are those of $SWITCHYARD_PROGRAMS,
// as make test sets it, or are built from the tree.
var binaries = os.Getenv("SWITCHYARD_PROGRAMS")

func TestMain(m *testing.M) {
	testscript.Main(builder{m}, map[string]func(){"loadtest": main})
}

// builder builds the routers before the tests run, if nobody has; the commands that testscript runs need none.
type builder struct{ m *testing.M }

func (b builder) Run() int {
	if binaries != "" {
		return b.m.Run()
	}
	dir, err := os.MkdirTemp("", "loadtest-test-")
	if err == nil {
		binaries = dir
		build := exec.Command("go", "build", "-o", dir, "switchyard/cmd/smp-server", "switchyard/cmd/xftp-server")
		build.Stderr = os.Stderr
		err = build.Run()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "building the routers:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	return b.m.Run()
}

// nobody is a router's address where none listens.
const nobody = "smp://AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=@127.0.0.1:1"

// TestScripts runs testdata/script. Each may use these commands:
//
//	router [NAME]      run a router of its own; $SERVER, or $NAME, is its address, and $PID the process of the last one
//	restart ARGS       run loadtest until it exchanges messages, then kill the router of $SERVER and start it again
//	interrupt ARGS     run loadtest until it exchanges messages, then Ctrl-C; its output is in the files out and err
//	bereave ARGS       the same, but the router of $PID is killed
//	last FILE TEXT     the last line of FILE matches the regular expression TEXT
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", binaries+string(os.PathListSeparator)+e.Getenv("PATH"))
			e.Setenv("NOBODY", nobody)
			e.Values[routersKey{}] = make(map[string]*process.Router)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"router": startRouter, "interrupt": interrupt, "bereave": bereave, "last": lastLine,
			"restart": restart,
		},
	})
}

// routersKey is where a script keeps its routers, by the name of their address.
type routersKey struct{}

func startRouter(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	name := "SERVER"
	if len(args) > 0 {
		name = args[0]
	}
	command := []string{filepath.Join(binaries, "smp-server"), "start"}
	r, err := process.NewRouter(ctx, ts.MkAbs("router-"+name), command)
	ts.Check(err)
	ts.Check(r.Start())
	ts.Defer(r.Kill)
	ts.Check(r.Ready(ctx))
	ts.Value(routersKey{}).(map[string]*process.Router)[name] = r
	ts.Setenv(name, r.Address.String())
	ts.Setenv("PID", strconv.Itoa(r.PID()))
}

func interrupt(ts *testscript.TestScript, _ bool, args []string) {
	if disturb(ts, args, func(run *os.Process) error { return run.Signal(syscall.SIGINT) }) == nil {
		ts.Fatalf("an interrupted run exits with 0")
	}
}

func restart(ts *testscript.TestScript, _ bool, args []string) {
	r := ts.Value(routersKey{}).(map[string]*process.Router)["SERVER"]
	ts.Check(disturb(ts, args, func(*os.Process) error {
		r.Kill()
		return r.Start()
	}))
}

func bereave(ts *testscript.TestScript, _ bool, args []string) {
	pid, err := strconv.Atoi(ts.Getenv("PID"))
	ts.Check(err)
	if disturb(ts, args, func(*os.Process) error { return syscall.Kill(pid, syscall.SIGKILL) }) == nil {
		ts.Fatalf("a run without its router exits with 0")
	}
}

// disturb runs loadtest and does something when messages are exchanged. It returns how loadtest ended.
func disturb(ts *testscript.TestScript, args []string, do func(run *os.Process) error) error {
	path, err := exec.LookPath("loadtest")
	ts.Check(err)
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(os.Environ(), "PATH="+ts.Getenv("PATH"))
	out, err := os.Create(ts.MkAbs("out"))
	ts.Check(err)
	defer out.Close()
	cmd.Stdout = out
	stderr, err := cmd.StderrPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	var said strings.Builder
	interrupted := false
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		fmt.Fprintln(&said, lines.Text())
		if under := strings.Contains(lines.Text(), "exchanging") || strings.Contains(lines.Text(), "killing"); under && !interrupted {
			interrupted = true
			ts.Check(do(cmd.Process))
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs("err"), []byte(said.String()), 0o600))
	return cmd.Wait()
}

func lastLine(ts *testscript.TestScript, neg bool, args []string) {
	lines := strings.Split(strings.TrimSpace(ts.ReadFile(args[0])), "\n")
	if last := lines[len(lines)-1]; regexp.MustCompile(args[1]).MatchString(last) == neg {
		ts.Fatalf("last line of %s: %s", args[0], last)
	}
}
