package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"switchyard/smp"
	"switchyard/smp/client"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"smp-server": main})
}

// TestScripts runs testdata/script. Each has directories of its own, free ports in $PORT, $PORT2 and $PORT3, and these commands:
//
//	setup [options]  `init` as scripts for the reference call it, then port = $PORT in the ini
//	contain [options]  as serve, but `container`
//	serve [options]  run `start` until it has printed its last line; what it has printed is in the file started
//	ping             connect to the printed address, on this machine, and exchange PING and PONG; with !, nobody listens
//	exchange N       create a queue, send N messages, receive and acknowledge each before the next
//	endserve SIGNAL  send SIGTERM or SIGINT to the router, which must exit with 0; its log is in the file log
//	mode OCTAL FILE  check the permissions of a file
//	get URL          fetch a page of the profiler; with !, nobody serves it
//	ask PORT LINE…   give the control port lines, of which the last is quit
//	leave N          make queues and send N messages to each, which nobody receives
//	collect          receive them: all are there, in their order; with !, none is there
//	limit BYTES|off  let the router write no file beyond this size, or any again
//	refused          the router refuses what it cannot keep, and answers reads
//	recovers         wait until the router takes messages
//	traffic          run verify.Run of loadtest with the router, in the background
//	endtraffic       wait for its end; nothing may be lost, duplicated or reordered
//	state NAME       put a router of the reference, stopped, into ref
//	moved            the running router serves the queues that ref/keys.json has the keys of
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("SMP_SERVER_CFG_PATH", e.WorkDir+"/etc")
			e.Setenv("SMP_SERVER_LOG_PATH", e.WorkDir+"/var")
			e.Setenv("INI", e.WorkDir+"/etc/smp-server.ini")
			e.Values[routerKey{}] = new(router)
			for _, name := range []string{"PORT", "PORT2", "PORT3"} {
				port, err := freePort()
				if err != nil {
					return err
				}
				e.Setenv(name, port)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"setup": setup, "serve": serveInBackground, "contain": containInBackground, "ping": ping, "endserve": stopServing, "mode": checkMode, "get": get,
			"limit": limitFiles, "refused": refused, "recovers": recovers,
			"leave": leave, "collect": collect, "traffic": startTraffic, "endtraffic": endTraffic,
			"exchange": exchange, "ask": askControl,
			"state": unpackState, "moved": checkMoved, "database": startDatabase,
		},
	})
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

func setup(ts *testscript.TestScript, _ bool, options []string) {
	args := append(strings.Fields("init -y -l --ip 127.0.0.1 --no-password --disable-web -a ED25519"), options...)
	ts.Check(ts.Exec("smp-server", args...))
	ini := ts.Getenv("INI")
	text := strings.Replace(ts.ReadFile(ini), "\nport = 5223,443\n", "\nport = "+ts.Getenv("PORT")+"\n", 1)
	ts.Check(os.WriteFile(ini, []byte(text), 0o600))
}

// router is the running `smp-server start` of a script.
type router struct {
	cmd *exec.Cmd
	log *os.File

	left    []*client.RcvQueue // by leave
	each    int                // messages in each
	traffic chan error
}

type routerKey struct{}

func routerOf(ts *testscript.TestScript) *router { return ts.Value(routerKey{}).(*router) }

func serveInBackground(ts *testscript.TestScript, _ bool, options []string) {
	background(ts, append([]string{"start"}, options...))
}

func containInBackground(ts *testscript.TestScript, _ bool, options []string) {
	background(ts, append([]string{"container"}, options...))
}

func background(ts *testscript.TestScript, args []string) {
	r := routerOf(ts)
	r.cmd = exec.Command("smp-server", args...)
	for _, name := range []string{"SMP_SERVER_CFG_PATH", "SMP_SERVER_LOG_PATH", "ADDR", "PASS", "WEB_MANUAL", "CERTIFICATES_PATH", "BACKUPS"} {
		r.cmd.Env = append(r.cmd.Env, name+"="+ts.Getenv(name))
	}
	var err error
	r.log, err = os.Create(ts.MkAbs("log"))
	ts.Check(err)
	r.cmd.Stderr = r.log
	out, err := r.cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(r.cmd.Start())
	ts.Defer(func() { r.cmd.Process.Kill() })

	var started strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		started.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "creating new queues ") {
			ts.Check(os.WriteFile(ts.MkAbs("started"), []byte(started.String()), 0o600))
			go io.Copy(io.Discard, out)
			return
		}
	}
	ts.Fatalf("start printed only %q, and as errors: %s", started.String(), ts.ReadFile("log"))
}

// addressOf is what the running router has printed, on this machine.
func addressOf(ts *testscript.TestScript) smp.ServerAddress {
	_, rest, _ := strings.Cut(ts.ReadFile("started"), "Server address: ")
	text, _, _ := strings.Cut(rest, "\n")
	address, err := smp.ParseServerAddress(strings.Replace(text, "<hostnames>", "127.0.0.1", 1))
	ts.Check(err)
	return address
}

// dial connects to the running router until the command ends.
func dial(ts *testscript.TestScript, do func(context.Context, *client.Client)) {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	c, err := client.Dial(ctx, client.Defaults(addressOf(ts)))
	ts.Check(err)
	defer c.Close()
	do(ctx, c)
}

func ping(ts *testscript.TestScript, refused bool, _ []string) {
	if refused {
		if c, err := client.Dial(context.Background(), client.Defaults(addressOf(ts))); err == nil {
			c.Close()
			ts.Fatalf("the router takes a connection")
		}
		return
	}
	dial(ts, func(ctx context.Context, c *client.Client) { ts.Check(c.Ping(ctx)) })
}

func exchange(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	dial(ts, func(ctx context.Context, c *client.Client) {
		q, err := c.NewQueue(ctx, client.QueueParams{Subscribe: true})
		ts.Check(err)
		for range n {
			ts.Check(c.Send(ctx, q.Sender(nil), false, make([]byte, 16000)))
			select {
			case e := <-c.Events():
				_, err := c.Ack(ctx, q, e.MsgID)
				ts.Check(err)
			case <-ctx.Done():
				ts.Fatalf("no message came")
			}
		}
	})
}

// askControl has a session with the control port; what it says is the output.
func askControl(ts *testscript.TestScript, _ bool, args []string) {
	c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", args[0]))
	ts.Check(err)
	defer c.Close()
	_, err = io.WriteString(c, strings.Join(args[1:], "\n")+"\n")
	ts.Check(err)
	_, err = io.Copy(ts.Stdout(), c)
	ts.Check(err)
}

func stopServing(ts *testscript.TestScript, _ bool, args []string) {
	signals := map[string]os.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": os.Interrupt}
	r := routerOf(ts)
	ts.Check(r.cmd.Process.Signal(signals[args[0]]))
	err := r.cmd.Wait()
	r.log.Close()
	if err != nil {
		ts.Fatalf("router ended with %v: %s", err, ts.ReadFile("log"))
	}
}

func checkMode(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := info.Mode().String(); got != args[0] {
		ts.Fatalf("%s is %s", args[1], got)
	}
}

func get(ts *testscript.TestScript, refused bool, args []string) {
	response, err := http.Get(args[0])
	if refused && err != nil {
		return
	}
	ts.Check(err)
	defer response.Body.Close()
	_, err = io.Copy(ts.Stdout(), response.Body)
	ts.Check(err)
}
