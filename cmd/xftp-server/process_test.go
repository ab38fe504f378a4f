package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"switchyard/smp"
)

// process is an `xftp-server` with directories of its own.
type process struct {
	t       testing.TB
	dir     string // etc, var and files are in it
	port    string
	cmd     *exec.Cmd
	started string // what start has printed
	address smp.ServerAddress
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newProcess sets a router up; settings replace lines of the ini.
func newProcess(t testing.TB, settings ...string) *process {
	t.Helper()
	port, err := freePort()
	check(t, err)
	return setUp(t, t.TempDir(), port, settings...)
}

// setUp is newProcess with a directory and a port.
func setUp(t testing.TB, dir, port string, settings ...string) *process {
	t.Helper()
	p := &process{t: t, dir: dir, port: port}
	out, err := p.command("init", "-p", filepath.Join(p.dir, "files"), "-q", "100mb", "-a", "ED25519").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p.edit(append(settings, "port = 443", "port = "+p.port)...)
	return p
}

// edit replaces texts of the ini.
func (p *process) edit(replacements ...string) {
	p.t.Helper()
	name := filepath.Join(p.dir, "etc", iniName)
	text, err := os.ReadFile(name)
	check(p.t, err)
	for i := 0; i < len(replacements); i += 2 {
		if !strings.Contains(string(text), replacements[i]) {
			p.t.Fatalf("the ini has no %q", replacements[i])
		}
	}
	check(p.t, os.WriteFile(name, []byte(strings.NewReplacer(replacements...).Replace(string(text))), 0o600))
}

func (p *process) command(args ...string) *exec.Cmd {
	c := exec.Command("xftp-server", args...)
	c.Dir = p.dir
	c.Env = append(os.Environ(), "XFTP_SERVER_CFG_PATH="+filepath.Join(p.dir, "etc"), "XFTP_SERVER_LOG_PATH="+filepath.Join(p.dir, "var"))
	return c
}

// start runs the router until it has printed its last line.
func (p *process) start(args ...string) {
	p.t.Helper()
	log, err := os.OpenFile(filepath.Join(p.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	check(p.t, err)
	defer log.Close()
	p.startInto(log, args...)
}

// startInto is start with another file for the log.
func (p *process) startInto(log *os.File, args ...string) {
	p.t.Helper()
	p.run(log, p.command(append([]string{"start"}, args...)...))
}

// run is startInto with the whole command.
func (p *process) run(log *os.File, cmd *exec.Cmd) {
	p.t.Helper()
	p.cmd = cmd
	p.cmd.Stderr = log
	out, err := p.cmd.StdoutPipe()
	check(p.t, err)
	check(p.t, p.cmd.Start())
	p.t.Cleanup(func() { p.cmd.Process.Kill() })
	var started strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		started.WriteString(lines.Text() + "\n")
		if address, ok := strings.CutPrefix(lines.Text(), "Server address: "); ok {
			p.address, err = smp.ParseAddress(strings.Replace(address, "<hostnames>", "127.0.0.1", 1))
			check(p.t, err)
		}
		if strings.HasPrefix(lines.Text(), "Listening on port ") {
			p.started = started.String()
			go io.Copy(io.Discard, out)
			return
		}
	}
	p.t.Fatalf("start printed only %q, and as errors: %s", started.String(), p.log())
}

// stop sends a signal; the router must end with 0 unless it is killed.
func (p *process) stop(signal os.Signal) {
	p.t.Helper()
	check(p.t, p.cmd.Process.Signal(signal))
	if err := p.cmd.Wait(); err != nil && signal != syscall.SIGKILL {
		p.t.Fatalf("%v: %s", err, p.log())
	}
}

func (p *process) log() string {
	text, _ := os.ReadFile(filepath.Join(p.dir, "log"))
	return string(text)
}

// bodies is how many bytes of packets are on the disk, those of uploads included.
func (p *process) bodies() (total int64) {
	p.t.Helper()
	if _, err := os.Stat(filepath.Join(p.dir, "files")); errors.Is(err, os.ErrNotExist) {
		return 0
	}
	err := filepath.Walk(filepath.Join(p.dir, "files"), func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			total += info.Size()
		}
		return err
	})
	check(p.t, err)
	return total
}

// freePort chooses below the ports that the kernel gives to connections, as one of those may take it meanwhile.
func freePort() (string, error) {
	for {
		port := strconv.Itoa(10000 + rand.IntN(20000))
		if l, err := net.Listen("tcp", ":"+port); err == nil {
			return port, l.Close()
		}
	}
}

var ctx = context.Background()
