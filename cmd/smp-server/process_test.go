package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"switchyard/smp"
	"switchyard/smp/client"
)

// process is an `smp-server` with directories of its own.
type process struct {
	t       *testing.T
	dir     string
	cmd     *exec.Cmd
	address smp.ServerAddress
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newProcess sets a router up; settings are pairs of texts of the ini, the second in the place of the first.
func newProcess(t *testing.T, settings ...string) *process {
	t.Helper()
	port, err := freePort()
	check(t, err)
	return setUp(t, t.TempDir(), port, settings...)
}

// setUp is newProcess with a directory and a port.
func setUp(t *testing.T, dir, port string, settings ...string) *process {
	t.Helper()
	p := &process{t: t, dir: dir}
	out, err := p.command(strings.Fields("init -y -l --ip 127.0.0.1 --no-password --disable-web -a ED25519")...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	name := filepath.Join(p.dir, "etc", iniName)
	text, err := os.ReadFile(name)
	check(t, err)
	changed := strings.NewReplacer(append(settings, "\nport = 5223,443\n", "\nport = "+port+"\n")...).Replace(string(text))
	check(t, os.WriteFile(name, []byte(changed), 0o600))
	return p
}

func (p *process) command(args ...string) *exec.Cmd {
	c := exec.Command("smp-server", args...)
	c.Env = append(os.Environ(), "SMP_SERVER_CFG_PATH="+filepath.Join(p.dir, "etc"), "SMP_SERVER_LOG_PATH="+filepath.Join(p.dir, "var"))
	return c
}

// start runs the router until it has printed its last line; its log is appended to the file log.
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
	p.cmd = p.command(append([]string{"start"}, args...)...)
	p.cmd.Stderr = log
	out, err := p.cmd.StdoutPipe()
	check(p.t, err)
	check(p.t, p.cmd.Start())
	p.t.Cleanup(func() { p.cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "Server address: "); ok {
			p.address, err = smp.ParseServerAddress(strings.Replace(address, "<hostnames>", "127.0.0.1", 1))
			check(p.t, err)
		}
		if strings.HasPrefix(lines.Text(), "creating new queues ") {
			go io.Copy(io.Discard, out)
			return
		}
	}
	p.t.Fatal("start has failed: ", p.log())
}

// stop sends SIGTERM; the router must end with 0.
func (p *process) stop() {
	p.t.Helper()
	check(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	if err := p.cmd.Wait(); err != nil {
		p.t.Fatalf("%v: %s", err, p.log())
	}
}

func (p *process) log() string {
	text, _ := os.ReadFile(filepath.Join(p.dir, "log"))
	return string(text)
}

func (p *process) dial() *client.Client {
	p.t.Helper()
	c, err := client.Dial(testContext(p.t), client.Defaults(p.address))
	check(p.t, err)
	p.t.Cleanup(c.Close)
	return c
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// TestStopUnderLoad: what was answered before SIGTERM is there after a restart, even when the store syncs only now and
// then; clients see their connection closed, not broken.
func TestStopUnderLoad(t *testing.T) {
	p := newProcess(t, "sync = always", "sync = interval", "# sync_interval_ms = 100", "sync_interval_ms = 60000")
	p.start()
	ctx := testContext(t)
	const senders, enough = 4, 20
	queues := make([]*client.RcvQueue, senders)
	accepted := make([]int, senders)
	maker := p.dial()
	var running sync.WaitGroup
	begun := make(chan struct{}, senders)
	for i := range senders {
		var err error
		queues[i], err = maker.NewQueue(ctx, client.QueueParams{})
		check(t, err)
		c := p.dial()
		running.Go(func() {
			for n := 0; ; n++ {
				err := c.Send(ctx, queues[i].Sender(nil), false, fmt.Appendf(nil, "message %d", n))
				if errors.Is(err, smp.ErrQuota) { // before the router has heard SIGTERM
					begun <- struct{}{}
					<-c.Done()
				}
				if err != nil {
					break
				}
				if accepted[i]++; accepted[i] == enough {
					begun <- struct{}{}
				}
			}
			if err := c.Err(); !errors.Is(err, io.EOF) {
				t.Error("a client is disconnected by", err)
			}
		})
	}
	for range senders {
		<-begun
	}
	p.stop()
	running.Wait()
	p.start()
	reader := p.dial()
	for i, q := range queues {
		for n := range accepted[i] {
			m, err := reader.Get(ctx, q)
			check(t, err)
			if m == nil || string(m.Body) != fmt.Sprintf("message %d", n) {
				t.Fatalf("queue %d has message %v in the place of %d of %d", i, m, n, accepted[i])
			}
			_, err = reader.Ack(ctx, q, m.ID)
			check(t, err)
		}
	}
	p.stop()
}

// TestLogHoldsNoSecrets: at the level that tells most, the log has nothing of the IDs, keys, bodies and addresses of clients
// that it was about.
func TestLogHoldsNoSecrets(t *testing.T) {
	p := newProcess(t, "log_tls_errors = off", "log_tls_errors = on")
	p.start("--log-level", "debug")
	ctx := testContext(t)
	c := p.dial()
	q, err := c.NewQueue(ctx, client.QueueParams{Subscribe: true})
	check(t, err)
	body := []byte("a message that nobody else shall read")
	check(t, c.Send(ctx, q.Sender(nil), true, body))
	_, _ = c.Get(ctx, q) // refused, as the queue is subscribed
	unknown := &client.SndQueue{ID: []byte("24 bytes of no such queue")[:24]}
	_ = c.Send(ctx, unknown, false, body)
	_, _ = c.DialRelay(ctx, smp.ServerAddress{Scheme: smp.SchemeSMP, Hosts: []string{"127.0.0.1"}, Port: "1", KeyHash: [32]byte(q.Secret)}, "")
	check(t, c.Delete(ctx, q))
	p.stop()
	serverKey, err := os.ReadFile(filepath.Join(p.dir, "etc", "server.key"))
	check(t, err)
	log := p.log()
	if !strings.Contains(log, "since the start") {
		t.Fatal("the log is not that of a whole life: ", log)
	}
	for name, secret := range map[string][]byte{
		"recipient ID": q.ID, "sender ID": q.SenderID, "secret": q.Secret, "body": body, "unknown ID": unknown.ID,
		"session ID": c.SessionID(), "server key": serverKey[40:80],
	} {
		for _, form := range []string{string(secret), hex.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret)[:8],
			base64.URLEncoding.EncodeToString(secret)[:8], fmt.Sprintf("%q", secret), fmt.Sprint(secret)} {
			if strings.Contains(log, form) {
				t.Errorf("the log has the %s: %s", name, log)
			}
		}
	}
}

// TestNoCoreDumps: the system may not write the memory of the process to disk, unless the ini allows it.
func TestNoCoreDumps(t *testing.T) {
	for setting, allowed := range map[string]bool{"# core_dumps = off": false, "core_dumps = on": true} {
		p := newProcess(t, "# core_dumps = off", setting)
		p.start()
		// What is in /proc of a process that may not be dumped belongs to root.
		info, err := os.Stat(fmt.Sprintf("/proc/%d/environ", p.cmd.Process.Pid))
		check(t, err)
		if owner := info.Sys().(*syscall.Stat_t).Uid; os.Getuid() != 0 && (owner != 0) != allowed {
			t.Errorf("%s: its memory belongs to user %d", setting, owner)
		}
		limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", p.cmd.Process.Pid))
		check(t, err)
		if !allowed && !strings.Contains(string(limits), "Max core file size        0                    0 ") {
			t.Errorf("%s: %s", setting, limits)
		}
		p.stop()
	}
}
