package site

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"

	"switchyard/server/listen"
)

// serve serves a site of a directory on a port of its own, and is where it is.
func serve(t *testing.T, s *Server, gate *listen.Gate) string {
	t.Helper()
	pages, err := s.Open(&Site{Kind: "a router"}, Policy)
	if err != nil {
		t.Fatal(err)
	}
	var address string
	s.open = func(all []string) ([]net.Listener, error) {
		listeners, err := listen.Open(all)
		if err == nil {
			address = listeners[0].Addr().String()
		}
		return listeners, err
	}
	if err := s.Listen(pages, gate, func(string) []string { return []string{"127.0.0.1:0"} }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return address
}

func newServer(t *testing.T, settings Settings) *Server {
	t.Helper()
	s, err := New(settings, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestHostileRequests: whatever is asked for, nothing from outside of the directory comes, and the connection ends.
func TestHostileRequests(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/secret", []byte("a secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	gate := listen.NewGate(listen.Config{Files: 100, Requests: 4})
	address := serve(t, newServer(t, Settings{Static: dir + "/www", HTTP: "0"}), gate)
	for request, want := range map[string]string{
		"GET /../secret HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n":     "404",
		"GET /..%2fsecret HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n":   "404",
		"GET /%2e%2e/secret HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n": "404",
		"GET //secret HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n":       "404",
		"GET /media/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n":        "404",
		"GET /%00 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n":           "404",
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n":              "200",
		"DELETE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n":           "405",
		"nonsense\r\n\r\n": "400",
		"GET / HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n":                          "431",
		"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999\r\n\r\n" + strings.Repeat("x", maxBody+1): "413",
	} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(c, request) // which may be cut
		answer, _ := io.ReadAll(c)
		if !bytes.HasPrefix(answer, []byte("HTTP/1.1 "+want)) || bytes.Contains(answer, []byte("a secret")) {
			t.Errorf("%.60q: %.200q", request, answer)
		}
		c.Close()
	}
}

// TestSlowReaders: those who do not read keep no more files than there are for requests, and others are told so.
func TestSlowReaders(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/large.png", make([]byte, 64<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	gate := listen.NewGate(listen.Config{Files: 100, Requests: 3})
	address := serve(t, newServer(t, Settings{Static: dir, HTTP: "0"}), gate)
	begun := make([]byte, 12)
	for range 3 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, "GET /large.png HTTP/1.1\r\nHost: a\r\n\r\n")
		if _, err := io.ReadFull(c, begun); err != nil || string(begun) != "HTTP/1.1 200" {
			t.Fatalf("%q, %v", begun, err)
		}
	}
	response, err := http.Get("http://" + address + "/")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if refused := gate.Stats().Refused["files"]; response.StatusCode != http.StatusServiceUnavailable || refused != 1 {
		t.Errorf("%s, %d refused", response.Status, refused)
	}
}

// TestPortThatMayNotBeUsed: a site without its port is logged; a port of somebody else's is a fault.
func TestPortThatMayNotBeUsed(t *testing.T) {
	var log bytes.Buffer
	s := newServer(t, Settings{Static: t.TempDir(), HTTP: "80"})
	s.log = slog.New(slog.NewTextHandler(&log, nil))
	pages, err := s.Open(&Site{}, Policy)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	fault := error(syscall.EACCES)
	s.open = func(all []string) ([]net.Listener, error) { return nil, &listen.Error{Addr: all[0], Err: fault} }
	addresses := func(port string) []string { return []string{":" + port} }
	gate := listen.NewGate(listen.Config{Files: 10})
	if err := s.Listen(pages, gate, addresses); err != nil || strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "CAP_NET_BIND_SERVICE") {
		t.Errorf("%v; %s", err, log.String())
	}
	fault = syscall.EADDRINUSE
	if err := s.Listen(pages, gate, addresses); err == nil || !strings.HasSuffix(err.Error(), "; set another port as http in section [WEB] of the ini") {
		t.Error(err)
	}
}

// TestNoSite: without a directory nothing is written, served or handed over.
func TestNoSite(t *testing.T) {
	s := newServer(t, Settings{Cert: "c", Key: "k", HTTP: "80", HTTPS: "443"})
	pages, err := s.Open(&Site{}, Policy)
	if err != nil || pages != nil || s.Handed() != nil || s.Certificate() != nil {
		t.Errorf("%v, %v", err, pages)
	}
	change, err := s.Reread(&Site{})
	if err != nil || s.Listen(pages, nil, nil) != nil {
		t.Error(err)
	}
	change()
	s.Stop()
}
