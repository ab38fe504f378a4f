package engine_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	stdtls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"switchyard/engine"
	"switchyard/server/listen"
)

// browserCertificate is one for browsers.
func browserCertificate(t testing.TB) stdtls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a.example"}, DNSNames: []string{"a.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return stdtls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// shared is a router on whose port there is a site.
type shared struct {
	*testRouter
	ready atomic.Bool // the site has a certificate
	site  *listen.Handed
}

func startShared(t testing.TB, change ...func(*engine.Config)) *shared {
	t.Helper()
	s := new(shared)
	s.ready.Store(true)
	s.site = listen.NewHanded(s.ready.Load)
	s.testRouter = startRouter(t, append(change, func(c *engine.Config) {
		_, port, _ := net.SplitHostPort(c.Listen[0])
		c.Site, c.SiteFiles = s.site, 8
		c.SitePort, _ = strconv.Atoi(port)
	})...)
	server := &http.Server{
		Handler:   http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { fmt.Fprint(w, q.Proto, " ", q.RemoteAddr) }),
		TLSConfig: &stdtls.Config{Certificates: []stdtls.Certificate{browserCertificate(t)}},
	}
	go server.ServeTLS(s.site, "", "")
	t.Cleanup(func() { server.Close() })
	return s
}

// browse is a page, by a connection of its own that has the local address of the page's text.
func (s *shared) browse(t testing.TB, change func(net.Conn) net.Conn, protocols ...string) (*http.Response, string, string) {
	t.Helper()
	var local string
	transport := &http.Transport{
		DialTLSContext: func(_ context.Context, _, _ string) (net.Conn, error) {
			raw, err := net.Dial("tcp", s.config.Listen[0])
			if err != nil {
				return nil, err
			}
			local = raw.LocalAddr().String()
			c := stdtls.Client(change(raw), &stdtls.Config{ServerName: "a.example", InsecureSkipVerify: true, NextProtos: protocols})
			return c, c.Handshake()
		},
		ForceAttemptHTTP2: true,
	}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport, Timeout: testTimeout}).Get("https://a.example/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body), local
}

func asItIs(c net.Conn) net.Conn { return c }

// TestSharedPort: a connection with a server name is the site's, and others are clients'. It has one place in the gate from
// its begin to its end.
func TestSharedPort(t *testing.T) {
	s := startShared(t)
	c := s.dial(t)
	exchange(t, c, c, 3)
	for protocol, want := range map[string]string{"http/1.1": "HTTP/1.1", "h2": "HTTP/2.0"} {
		response, body, local := s.browse(t, asItIs, protocol)
		if response.Proto != want || body != want+" "+local {
			t.Errorf("%s: %s, %q, from %s", protocol, response.Proto, body, local)
		}
	}
	exchange(t, c, c, 3)
	until(t, "pages are fetched", func() bool { return s.Stats().Closed["served"] == 2 })
	if stats := s.Stats(); stats.Open != 1 || stats.Accepted != 3 || stats.Sessions != 1 {
		t.Errorf("%+v", stats)
	}
	// With a name to a router without a site: what comes is not HTTP.
	s.ready.Store(false)
	raw, err := net.Dial("tcp", s.config.Listen[0])
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	err = stdtls.Client(raw, &stdtls.Config{ServerName: "a.example", InsecureSkipVerify: true, NextProtos: []string{"h2"}, MaxVersion: stdtls.VersionTLS12}).Handshake()
	if err == nil {
		t.Error("TLS 1.2 by a site without a certificate")
	}
}

// sliced writes a few bytes at a time, and the first message in records of some.
type sliced struct {
	net.Conn
	records bool
	begun   bool
}

func (s *sliced) Write(b []byte) (int, error) {
	if s.begun {
		return s.Conn.Write(b)
	}
	s.begun = true
	out := b
	if s.records {
		out = nil
		for content := b[5:]; len(content) > 0; {
			n := min(200, len(content))
			out = append(append(out, b[0], b[1], b[2], byte(n>>8), byte(n)), content[:n]...)
			content = content[n:]
		}
	}
	for len(out) > 0 {
		n := min(7, len(out))
		if _, err := s.Conn.Write(out[:n]); err != nil {
			return 0, err
		}
		out = out[n:]
	}
	return len(b), nil
}

// TestSharedPortInPieces: a ClientHello that comes in pieces is told apart, too; one that is begun and goes no further ends.
func TestSharedPortInPieces(t *testing.T) {
	s := startShared(t, func(c *engine.Config) { c.TLSTimeout = time.Second })
	for _, records := range []bool{false, true} {
		_, body, local := s.browse(t, func(c net.Conn) net.Conn { return &sliced{Conn: c, records: records} }, "h2")
		if body != "HTTP/2.0 "+local {
			t.Errorf("records: %v: %q", records, body)
		}
	}
	raw, err := net.Dial("tcp", s.config.Listen[0])
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Write([]byte{22, 3, 1, 2, 0, 1, 0}); err != nil {
		t.Fatal(err)
	}
	if n, err := raw.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	until(t, "half a ClientHello ends", func() bool { return s.Stats().Closed["tls_timeout"] == 1 })
}

// TestSharedPortWithoutSite: when the server of the site has ended, its connections do, too, and others go on.
func TestSharedPortWithoutSite(t *testing.T) {
	s := startShared(t)
	c := s.dial(t)
	if err := s.site.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := net.Dial("tcp", s.config.Listen[0])
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if err := stdtls.Client(raw, &stdtls.Config{ServerName: "a.example", InsecureSkipVerify: true}).Handshake(); err == nil {
		t.Error("a handshake with nobody")
	}
	until(t, "it ends", func() bool { return s.Stats().Closed["busy"] == 1 })
	exchange(t, c, c, 3)
}

// TestSharedPortCounts: browsers take places of the router.
func TestSharedPortCounts(t *testing.T) {
	s := startShared(t, func(c *engine.Config) { c.Limits.MaxConnections = 2 })
	var open []net.Conn
	for range 2 {
		raw, err := net.Dial("tcp", s.config.Listen[0])
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		c := stdtls.Client(raw, &stdtls.Config{ServerName: "a.example", InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}})
		if err := c.Handshake(); err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	third, err := net.Dial("tcp", s.config.Listen[0])
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	if n, err := third.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Errorf("a third connection reads %d bytes, %v", n, err)
	}
	until(t, "it is refused", func() bool { return s.Stats().Closed["full"] == 1 })
	open[0].Close()
	until(t, "a place is free", func() bool { return s.Stats().Open == 1 })
	c := s.dial(t)
	exchange(t, c, c, 1)
}
