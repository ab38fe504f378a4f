// Package reverseproxy runs the proxies that operators put in front of a port, HAProxy and nginx, for tests: they pass
// connections on as they are, behind a PROXY header. It imports nothing of ours.
package reverseproxy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Kind is a program and the header that it writes.
type Kind string

// The kinds. The stream module of Debian's nginx writes version 1.
const (
	HAProxy1 Kind = "haproxy, send-proxy"
	HAProxy2 Kind = "haproxy, send-proxy-v2"
	Nginx1   Kind = "nginx, proxy_protocol"
)

// Kinds are all kinds.
var Kinds = []Kind{HAProxy1, HAProxy2, Nginx1}

// socket is the first file behind standard input and output: HAProxy gets a socket that listens already, so that nobody has to
// wait until it does.
const socket = 3

const haproxyConfig = `defaults
	mode tcp
	timeout connect 5s
	timeout client 1m
	timeout server 1m
listen front
	bind fd@%d
	server router %s %s
`

const nginxConfig = `%s
daemon off;
master_process off;
pid %s/pid;
error_log stderr notice;
events { worker_connections 64; }
stream {
	server {
		listen %s;
		proxy_pass %s;
		proxy_protocol on;
	}
}
`

// nginxStream is where Debian has the module; elsewhere it is part of the program.
const nginxStream = "/usr/lib/nginx/modules/ngx_stream_module.so"

// listening is what nginx says when it listens.
const listening = "event method"

// Start runs a proxy in front of a router's address until the test ends, and returns the port on 127.0.0.1 on which it listens.
func Start(t testing.TB, kind Kind, router string) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer l.Close()
	_, port, err = net.SplitHostPort(l.Addr().String())
	check(t, err)
	if kind == Nginx1 {
		check(t, l.Close())
		startNginx(t, l.Addr().String(), router)
		return port
	}
	option := "send-proxy"
	if kind == HAProxy2 {
		option = "send-proxy-v2"
	}
	file, err := l.(*net.TCPListener).File()
	check(t, err)
	defer file.Close()
	config := filepath.Join(t.TempDir(), "config")
	check(t, os.WriteFile(config, fmt.Appendf(nil, haproxyConfig, socket, router, option), 0o600))
	cmd := exec.Command("haproxy", "-db", "-f", config)
	cmd.ExtraFiles = []*os.File{file}
	run(t, cmd)
	return port
}

func startNginx(t testing.TB, front, router string) {
	t.Helper()
	dir, module := t.TempDir(), ""
	if _, err := os.Stat(nginxStream); err == nil {
		module = "load_module " + nginxStream + ";"
	}
	config := filepath.Join(dir, "config")
	check(t, os.WriteFile(config, fmt.Appendf(nil, nginxConfig, module, dir, front, router), 0o600))
	cmd := exec.Command("nginx", "-p", dir, "-e", "stderr", "-c", config)
	log, err := cmd.StderrPipe()
	check(t, err)
	run(t, cmd)
	lines := bufio.NewScanner(log)
	for said := ""; !strings.Contains(said, listening); said = lines.Text() {
		if !lines.Scan() {
			t.Fatal("nginx does not listen: ", said)
		}
	}
	go io.Copy(io.Discard, log)
}

// run runs a program until the test ends.
func run(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v; make tools installs what is missing", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
