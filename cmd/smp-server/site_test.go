package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	stdtls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/smp/client"
)

// webCertificate writes a certificate for browsers and its key, as the ini has them. Files that are there are replaced, the
// certificate first, as programs that renew them do.
func (p *process) webCertificate(name string, key crypto.Signer) {
	p.t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	check(p.t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	check(p.t, err)
	for _, f := range []struct {
		name  string
		block *pem.Block
	}{{"web.crt", &pem.Block{Type: "CERTIFICATE", Bytes: der}}, {"web.key", &pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}}} {
		p.replace(f.name, pem.EncodeToMemory(f.block))
	}
}

// replace replaces a file of the configuration.
func (p *process) replace(name string, content []byte) {
	p.t.Helper()
	path := filepath.Join(p.dir, "etc", name)
	check(p.t, os.WriteFile(path+".new", content, 0o600))
	check(p.t, os.Rename(path+".new", path))
}

// browse gets the first page by a connection of its own, and says whose certificate was shown.
func (p *process) browse(protocol string) (name, page, proto string, err error) {
	transport := &http.Transport{DialTLSContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&stdtls.Dialer{Config: &stdtls.Config{ServerName: "localhost", InsecureSkipVerify: true, NextProtos: []string{protocol}}}).
			DialContext(ctx, network, net.JoinHostPort("127.0.0.1", p.address.Port))
	}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport, Timeout: time.Minute}).Get("https://localhost/")
	if err != nil {
		return "", "", "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.TLS.PeerCertificates[0].Subject.CommonName, string(body), response.Proto, err
}

// TestSiteOnThePortOfSMP: one port has an exchange of messages, and pages with certificates of all kinds, which are changed
// while the router runs. One that cannot be used changes nothing.
func TestSiteOnThePortOfSMP(t *testing.T) {
	p := newProcess(t)
	ini := filepath.Join(p.dir, "etc", iniName)
	text, err := os.ReadFile(ini)
	check(t, err)
	_, port, _ := strings.Cut(string(text), "\nport = ")
	port, _, _ = strings.Cut(port, "\n")
	check(t, os.WriteFile(ini, []byte(strings.NewReplacer("# https = 443", "https = "+port, "# cert = ", "cert = ", "# key = ", "key = ").Replace(string(text))), 0o600))
	p.start()
	c := p.dial()
	exchanged := func() {
		t.Helper()
		ctx := testContext(t)
		q, err := c.NewQueue(ctx, client.QueueParams{Subscribe: true})
		check(t, err)
		check(t, c.Send(ctx, q.Sender(nil), false, []byte("x")))
		select {
		case e := <-c.Events():
			_, err = c.Ack(ctx, q, e.MsgID)
			check(t, err)
		case <-ctx.Done():
			t.Fatal("no message comes")
		}
	}
	exchanged()
	if _, _, _, err := p.browse("h2"); err == nil {
		t.Error("a page without a certificate")
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	check(t, err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	check(t, err)
	for _, test := range []struct {
		name string
		key  crypto.Signer
	}{{"ecdsa", ec}, {"rsa", rsaKey}, {"ed25519", ed}} {
		p.webCertificate(test.name, test.key)
		p.until("the certificate is that of "+test.name, func() bool {
			name, _, _, _ := p.browse("h2")
			return name == test.name
		})
		exchanged()
	}
	// The key of another certificate: that is logged once, and all goes on.
	p.replace("web.crt", []byte("no certificate"))
	p.until("the fault is logged", func() bool {
		if name, _, _, err := p.browse("http/1.1"); name != "ed25519" {
			t.Fatal(name, err)
		}
		return strings.Contains(p.log(), "the certificate for browsers cannot be used, and the one before stays")
	})
	for protocol, want := range map[string]string{"http/1.1": "HTTP/1.1", "h2": "HTTP/2.0"} {
		name, page, proto, err := p.browse(protocol)
		if err != nil || name != "ed25519" || proto != want || !strings.Contains(page, "<h1>SMP router</h1>") {
			t.Errorf("%s: %v, %s, %s, %.100s", protocol, err, name, proto, page)
		}
	}
	exchanged()
	c.Close()
	p.stop()
}

// until waits until cond is true.
func (p *process) until(what string, cond func() bool) {
	p.t.Helper()
	ctx := testContext(p.t)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.t.Fatalf("in vain: %s; %s", what, p.log())
		}
	}
}
