package main

import (
	"bytes"
	stdtls "crypto/tls"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"switchyard/server/reload/reloadtest"
	"switchyard/xftp"
)

// certificateShown is the leaf that a new connection is shown; with a name that of browsers.
func (p *process) certificateShown(name string) []byte {
	p.t.Helper()
	c, err := stdtls.Dial("tcp", net.JoinHostPort("127.0.0.1", p.port), &stdtls.Config{InsecureSkipVerify: true, ServerName: name, NextProtos: []string{xftp.ALPN, "h2"}})
	check(p.t, err)
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].Raw
}

// TestReload: on SIGHUP a router takes over passwords and certificates while its connections stay, and names what waits for the
// next start; a broken certificate for browsers has it take over nothing.
func TestReload(t *testing.T) {
	p := newProcess(t)
	etc := filepath.Join(p.dir, "etc")
	ini := filepath.Join(etc, iniName)
	copyFile := func(from, to string) {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(etc, from))
		check(t, err)
		check(t, os.WriteFile(filepath.Join(etc, to), data, 0o600))
	}
	copyFile("server.crt", "web.crt") // as good as any
	copyFile("server.key", "web.key")
	reloadtest.Edit(t, ini, "# cert = ", "cert = ", "# key = ", "key = ")
	stderr, follow := reloadtest.Log(t)
	p.startInto(stderr)
	router := follow(p.cmd.Process)
	reload := func(want string, reread bool) {
		t.Helper()
		if log, ok := router.Reload(); ok != reread || !strings.Contains(log, want) {
			t.Errorf("reread is %v; the log has no %q: %s", ok, want, log)
		}
	}
	c := p.dial()
	first := p.certificateShown("")
	if !bytes.Equal(first, p.certificateShown("localhost")) {
		t.Fatal("browsers are shown another certificate than the ini names")
	}
	if out, err := p.command("cert").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	reloadtest.Edit(t, ini, "storage_quota = 100mb", "storage_quota = 200mb", "# max_connections = 0", "max_connections = 50")
	reload(`settings="[FILES] storage_quota"`, true)
	if second := p.certificateShown(""); bytes.Equal(first, second) || !bytes.Equal(first, p.certificateShown("localhost")) {
		t.Error("the certificates are not those of the files")
	}
	second := p.certificateShown("")
	copyFile("server.crt", "web.crt") // without its key
	reload("the certificate for browsers: ", false)
	if !bytes.Equal(first, p.certificateShown("localhost")) {
		t.Error("a certificate without its key is shown")
	}
	copyFile("server.key", "web.key")
	reload("changed=nothing", true)
	if !bytes.Equal(second, p.certificateShown("localhost")) {
		t.Error("browsers are shown the old certificate")
	}
	check(t, c.Ping(ctx))
	router.Rest()
	p.stop(syscall.SIGTERM)
}
