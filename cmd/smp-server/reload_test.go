package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	stdtls "crypto/tls"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/server/reload/reloadtest"
	"switchyard/smp"
	"switchyard/smp/client"
)

// certificateShown is the leaf that a new connection is shown.
func (p *process) certificateShown() []byte {
	p.t.Helper()
	c, err := stdtls.Dial("tcp", net.JoinHostPort("127.0.0.1", p.address.Port), &stdtls.Config{InsecureSkipVerify: true, NextProtos: []string{"smp/1"}})
	check(p.t, err)
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].Raw
}

// TestReload: on SIGHUP a router takes over passwords, limits and certificates while its connections stay, names what waits
// for the next start, and with a fault in any file takes over nothing.
func TestReload(t *testing.T) {
	p := newProcess(t)
	stderr, follow := reloadtest.Log(t)
	p.startInto(stderr)
	router := follow(p.cmd.Process)
	ini := filepath.Join(p.dir, "etc", iniName)
	ctx := testContext(t)
	c := p.dial()
	may := func(password string) bool {
		t.Helper()
		_, err := c.NewQueue(ctx, client.QueueParams{BasicAuth: password})
		if err != nil && !errors.Is(err, smp.ErrAuth) {
			t.Fatal(err)
		}
		return err == nil
	}
	reload := func(want string, reread bool) {
		t.Helper()
		if log, ok := router.Reload(); ok != reread || !strings.Contains(log, want) {
			t.Errorf("reread is %v; the log has no %q: %s", ok, want, log)
		}
	}
	old := p.certificateShown()
	if !may("") {
		t.Error("without a password no queue can be created")
	}
	reload(`changed=nothing`, true)

	reloadtest.Edit(t, ini, "# create_password = password", "create_password = secret", "# max_connections = 0", "max_connections = 30")
	if out, err := p.command("cert").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	reload(`changed="[AUTH] create_password, [SWITCHYARD] max_connections"`, true)
	if may("") || !may("secret") {
		t.Error("the new password is not asked for")
	}
	current := p.certificateShown()
	if bytes.Equal(current, old) {
		t.Error("the old certificate is shown")
	}

	reloadtest.Edit(t, ini, "create_password = secret", "create_password = other", "port = "+p.address.Port, "port = 1", "new_queues = on", "new_queues = off",
		"expire_messages_days = 21", "expire_messages_days = 7")
	reload(`settings="[STORE_LOG] expire_messages_days, [TRANSPORT] port"`, true)
	if may("secret") || may("other") {
		t.Error("queues can be created, where new_queues is off")
	}
	reloadtest.Edit(t, ini, "new_queues = off", "new_queues = on", "max_connections = 30", "max_connections = many")
	reload(`[SWITCHYARD] max_connections: \"many\" is not a number in range`, false)
	reloadtest.Edit(t, ini, "max_connections = many", "max_connections = 0", "port = 1", "port = "+p.address.Port)

	name := filepath.Join(p.dir, "etc", "server.crt")
	whole, err := os.ReadFile(name)
	check(t, err)
	check(t, os.WriteFile(name, whole[:len(whole)/2], 0o600))
	reload(name, false)
	if !bytes.Equal(p.certificateShown(), current) || may("other") {
		t.Error("with half a certificate something has changed")
	}
	check(t, os.WriteFile(name, whole, 0o600))
	reload(`changed="[AUTH] new_queues, [SWITCHYARD] max_connections"`, true)
	if !may("other") {
		t.Error("the settings were not taken over when the certificate was whole")
	}
	check(t, p.dial().Ping(ctx))
	router.Rest()
	p.stop()
}

// TestSystemdIsTold: a unit of Type=notify hears that the router serves, rereads and stops.
func TestSystemdIsTold(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	check(t, err)
	defer l.Close()
	told := func(want string) {
		t.Helper()
		b := make([]byte, 200)
		n, err := l.Read(b)
		if got := string(b[:n]); err != nil || !strings.HasPrefix(got, want) {
			t.Fatalf("%q, %v, not %q", got, err, want)
		}
	}
	p := newProcess(t)
	t.Setenv("NOTIFY_SOCKET", name)
	stderr, follow := reloadtest.Log(t)
	p.startInto(stderr)
	router := follow(p.cmd.Process)
	told("READY=1")
	router.Reload()
	told("RELOADING=1\nMONOTONIC_USEC=")
	told("READY=1")
	router.Rest()
	p.stop()
	told("STOPPING=1")
}

// TestReloadOfTheSite: on SIGHUP the page says what the ini says now, and browsers are shown the certificate of the files; one
// that cannot be used has the router take over nothing.
func TestReloadOfTheSite(t *testing.T) {
	p := newProcess(t)
	ini := filepath.Join(p.dir, "etc", iniName)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	check(t, err)
	p.webCertificate("first", ed)
	_, port, _ := strings.Cut(readFile(t, ini), "\nport = ")
	port, _, _ = strings.Cut(port, "\n")
	reloadtest.Edit(t, ini, "# https = 443", "https = "+port, "# cert = ", "cert = ", "# key = ", "key = ", "# source_code = URI", "source_code = https://one.example")
	stderr, follow := reloadtest.Log(t)
	p.startInto(stderr)
	router := follow(p.cmd.Process)
	shows := func(certificate, text string) {
		t.Helper()
		name, page, _, err := p.browse("h2")
		if err != nil || name != certificate || !strings.Contains(page, text) {
			t.Errorf("%v, %s, not %s with %s: %s", err, name, certificate, text, page)
		}
	}
	reload := func(want string, reread bool) {
		t.Helper()
		if log, ok := router.Reload(); ok != reread || !strings.Contains(log, want) {
			t.Errorf("reread is %v; the log has no %q: %s", ok, want, log)
		}
	}
	shows("first", "https://one.example")
	p.replace("web.key", []byte("none"))
	reloadtest.Edit(t, ini, "https://one.example", "https://two.example")
	reload("the certificate for browsers: ", false)
	shows("first", "https://one.example")
	p.webCertificate("second", ed)
	reload(`changed="[INFORMATION] source_code"`, true)
	shows("second", "https://two.example")
	router.Rest()
	p.stop()
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	check(t, err)
	return string(text)
}
