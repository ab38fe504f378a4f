package main

import (
	stdtls "crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"switchyard/xftp/router/routertest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"xftp-server": main})
}

// TestScripts runs testdata/script. Each has directories of its own, a free port in $PORT and another in $CONTROL, and:
//
//	serve ARGS   run `start` until it has printed its last line; what it has printed is in the file started
//	endserve     send SIGTERM to the router, which must exit with 0
//	ping         connect to the printed address, on this machine, and exchange PING and PONG
//	control IN   send the file IN to the control port; what comes back is in the file answers
//	set OLD NEW  replace a text in the ini
//	webcert      write a certificate for browsers and its key where the ini has them
//	get URL      print the status and the body that an HTTP server answers with, whatever its certificate
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("XFTP_SERVER_CFG_PATH", filepath.Join(e.WorkDir, "etc"))
			e.Setenv("XFTP_SERVER_LOG_PATH", filepath.Join(e.WorkDir, "var"))
			for _, name := range []string{"PORT", "CONTROL"} {
				port, err := freePort()
				if err != nil {
					return err
				}
				e.Setenv(name, port)
			}
			e.Values[processKey{}] = &process{t: e.T().(testing.TB), dir: e.WorkDir}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve": func(ts *testscript.TestScript, _ bool, args []string) {
				p := ts.Value(processKey{}).(*process)
				p.start(args...)
				ts.Check(os.WriteFile(ts.MkAbs("started"), []byte(p.started), 0o600))
			},
			"endserve": func(ts *testscript.TestScript, _ bool, _ []string) {
				ts.Value(processKey{}).(*process).stop(syscall.SIGTERM)
			},
			"ping": func(ts *testscript.TestScript, _ bool, _ []string) {
				c := ts.Value(processKey{}).(*process).dial()
				defer c.Close()
				ts.Check(c.Ping(ctx))
			},
			"control": giveCommands,
			"webcert": writeWebCertificate,
			"get":     get,
			"set": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Value(processKey{}).(*process).edit(args...)
			},
		},
	})
}

type processKey struct{}

func writeWebCertificate(ts *testscript.TestScript, _ bool, _ []string) {
	cert, key := routertest.WebCertificate(ts.Value(processKey{}).(*process).t, "localhost")
	ts.Check(os.WriteFile(ts.MkAbs("etc/web.crt"), cert, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("etc/web.key"), key, 0o600))
}

func get(ts *testscript.TestScript, _ bool, args []string) {
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &stdtls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true, DisableKeepAlives: true,
	}}
	response, err := client.Get(args[0])
	ts.Check(err)
	defer response.Body.Close()
	fmt.Fprintln(ts.Stdout(), response.Proto, response.Status)
	_, err = io.Copy(ts.Stdout(), response.Body)
	ts.Check(err)
}

func giveCommands(ts *testscript.TestScript, _ bool, args []string) {
	c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", ts.Getenv("CONTROL")))
	ts.Check(err)
	defer c.Close()
	_, err = fmt.Fprint(c, ts.ReadFile(args[0]))
	ts.Check(err)
	answers, err := io.ReadAll(c)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs("answers"), answers, 0o600))
}
