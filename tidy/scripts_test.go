package tidy

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// routerScript stands for a router of `make run`: it says what it is told by signals. broken makes it one that cannot start.
const routerScript = `#!/usr/bin/env bash
name=${0##*/}
case $name in
smp-server) dir=$SMP_SERVER_CFG_PATH ini=smp-server.ini port=5223 ;;
xftp-server) dir=$XFTP_SERVER_CFG_PATH ini=file-server.ini port=5443 ;;
esac
if [ "$1" = init ]; then
	mkdir -p "$dir" && echo "port = 443" >"$dir/$ini"
	exit
fi
grep -q "^port = $port$" "$dir/$ini" || { echo "$name: error: another port" >&2; exit 1; }
[ ! -e "broken-$name" ] || { echo "$name: error: cannot start" >&2; exit 1; }
trap 'echo "$name: TERM"; exit 0' TERM
trap 'echo "$name: INT"; exit 0' INT
trap '' HUP
echo "$name: started"
while :; do read -t 0.1 -r <>wait; done # a signal just before a read that has no end would be noted only behind it
`

// makeRun is a running `make run` in a directory of its own, in which its routers are scripts.
type makeRun struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Scanner // what is printed, until none of its processes is left
}

func startMakeRun(t *testing.T, broken ...string) *makeRun {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"Makefile", "bench.mk", ".ci"} {
		err = errors.Join(err, os.Symlink(filepath.Join(root, name), filepath.Join(dir, name)))
	}
	err = errors.Join(err, os.Mkdir(filepath.Join(dir, "bin"), 0o700), syscall.Mkfifo(filepath.Join(dir, "wait"), 0o600))
	for _, name := range []string{"smp-server", "xftp-server"} {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, "bin", name), []byte(routerScript), 0o700))
	}
	for _, name := range broken {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, "broken-"+name), nil, 0o600))
	}
	r := &makeRun{t: t, cmd: exec.Command("make", "--no-print-directory", "run", "GO=echo", "SWITCHYARD_DATA=data")}
	r.cmd.Dir = dir
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a terminal gives it
	// This may be a test of another make, behind nohup: what these have set is not for this one.
	r.cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "MAKE") || strings.HasPrefix(v, "MFLAGS=") })
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM) // a child takes over what is ignored, not what is caught
	defer signal.Stop(caught)
	out, err2 := r.cmd.StdoutPipe()
	r.cmd.Stderr = r.cmd.Stdout
	if err := errors.Join(err, err2, r.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Kill(-r.cmd.Process.Pid, syscall.SIGTERM) })
	r.lines = bufio.NewScanner(out)
	return r
}

// next reads n lines, in whatever order they come; those of make itself do not count.
func (r *makeRun) next(n int) (lines []string) {
	r.t.Helper()
	for len(lines) < n {
		if !r.lines.Scan() {
			r.t.Fatalf("no line after %q", lines)
		}
		if line := r.lines.Text(); !strings.HasPrefix(line, "make: ") {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}

// ends wants these last lines, and no process after them that could print more.
func (r *makeRun) ends(want ...string) {
	r.t.Helper()
	if got := r.next(len(want)); !slices.Equal(got, want) {
		r.t.Errorf("it ends with %q, want %q", got, want)
	}
	for r.lines.Scan() {
		if line := r.lines.Text(); !strings.HasPrefix(line, "make: ") {
			r.t.Errorf("it goes on with %q", line)
		}
	}
	_ = r.cmd.Wait() // make says by which signal
}

// TestMakeRun: `make run` compiles the routers alone, and whatever signal ends it, each router is told once to stop.
func TestMakeRun(t *testing.T) {
	for name, end := range map[string]func(make int) error{
		"SIGTERM to make":     func(make int) error { return syscall.Kill(make, syscall.SIGTERM) },
		"Ctrl-C":              func(make int) error { return syscall.Kill(-make, syscall.SIGINT) },
		"end of the terminal": func(make int) error { return syscall.Kill(-make, syscall.SIGHUP) },
	} {
		t.Run(name, func(t *testing.T) {
			r := startMakeRun(t)
			for _, line := range r.next(2) {
				if strings.HasPrefix(line, "echo build ") && !strings.HasSuffix(line, " -o bin/ ./cmd/smp-server ./cmd/xftp-server") {
					t.Errorf("it compiles by %q", line)
				}
			}
			if got := r.next(2); !slices.Equal(got, []string{"smp-server: started", "xftp-server: started"}) {
				t.Fatal(got)
			}
			if err := end(r.cmd.Process.Pid); err != nil {
				t.Fatal(err)
			}
			r.ends("smp-server: TERM", "xftp-server: TERM")
		})
	}
}

// TestMakeRunGoesOn: a router that cannot start is told of in its own line, and the other goes on.
func TestMakeRunGoesOn(t *testing.T) {
	for _, c := range []struct{ broken, other string }{{"smp-server", "xftp-server"}, {"xftp-server", "smp-server"}} {
		r := startMakeRun(t, c.broken)
		r.next(2) // of the build
		want := []string{c.broken + ": error: cannot start", c.other + ": started"}
		slices.Sort(want)
		if got := r.next(2); !slices.Equal(got, want) {
			t.Fatal(got)
		}
		if err := syscall.Kill(r.cmd.Process.Pid, syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		r.ends(c.other + ": TERM")
	}
	r := startMakeRun(t, "smp-server", "xftp-server")
	r.next(2)
	r.ends("smp-server: error: cannot start", "xftp-server: error: cannot start")
	if r.cmd.ProcessState.Success() {
		t.Error("nothing runs, and make is content")
	}
}

// TestInstall: what is missing is installed as root, by sudo where that is needed and there, and else said.
func TestInstall(t *testing.T) {
	script, err := filepath.Abs("../.ci/install")
	if err != nil {
		t.Fatal(err)
	}
	const asRoot, asUser = "#!/bin/sh\necho 0\n", "#!/bin/sh\necho 1000\n"
	const calls, sudo = "#!/bin/sh\necho ${0##*/} $@ >>$CALLS\n", "#!/bin/sh\necho -n 'sudo ' >>$CALLS\nexec \"$@\"\n"
	const update, install = "apt-get update -q\n", "apt-get install -q -y --no-install-recommends nodejs gcc libc6-dev\n"
	for name, c := range map[string]struct {
		programs            map[string]string
		wantCalls, wantSaid string
	}{
		"all there": {map[string]string{"node": calls, "gcc": calls}, "", ""},
		"root":      {map[string]string{"apt-get": calls, "id": asRoot}, update + install, ""},
		"sudo":      {map[string]string{"apt-get": calls, "id": asUser, "sudo": sudo}, "sudo " + update + "sudo " + install, ""},
		"no apt-get": {map[string]string{"id": asRoot}, "",
			"install: error: node gcc missing, and apt-get, too; install them as your system does\n"},
		"neither root nor sudo": {map[string]string{"apt-get": calls, "id": asUser}, "",
			"install: error: node gcc missing, and this is neither root nor is there sudo; as root run: " + install},
		"apt-get fails": {map[string]string{"apt-get": calls + "exit 100\n", "id": asRoot}, update,
			"install: error: apt-get cannot install node gcc; its own words are above. When they are mended, as root run: " + install},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for program, text := range c.programs {
				if err := os.WriteFile(filepath.Join(dir, program), []byte(text), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			env, err := exec.LookPath("env")
			if err == nil {
				err = os.Symlink(env, filepath.Join(dir, "env"))
			}
			bash, err2 := exec.LookPath("bash")
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
			var said strings.Builder
			cmd := exec.Command(bash, script, "node", "gcc")
			cmd.Env = []string{"PATH=" + dir, "CALLS=" + filepath.Join(dir, "calls")}
			cmd.Stdout, cmd.Stderr = io.Discard, &said
			err = cmd.Run()
			made, _ := os.ReadFile(filepath.Join(dir, "calls"))
			if string(made) != c.wantCalls || said.String() != c.wantSaid || (err != nil) != (c.wantSaid != "") {
				t.Errorf("calls %q, says %q, %v", made, said.String(), err)
			}
		})
	}
}
