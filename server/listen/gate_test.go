package listen

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// logged is a log whose lines a test reads.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *logged) lines() (lines []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.b.String()) {
		lines = append(lines, line)
	}
	return lines
}

// scripted is a listener whose connections and failures a test makes.
type scripted struct {
	arrive chan net.Conn // nil: a failure
	closed chan struct{}
	once   sync.Once
}

func newScripted() *scripted {
	return &scripted{arrive: make(chan net.Conn), closed: make(chan struct{})}
}

func (s *scripted) Accept() (net.Conn, error) {
	select {
	case c := <-s.arrive:
		if c == nil {
			return nil, syscall.EMFILE
		}
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s *scripted) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

func (s *scripted) Addr() net.Addr { return tcpAddr("127.0.0.1") }

// from is a connection from an address, which tells when it is closed.
type from struct {
	net.Conn
	addr   net.Addr
	closed chan struct{}
}

func connFrom(addr string) *from { return &from{addr: tcpAddr(addr), closed: make(chan struct{})} }

func (f *from) RemoteAddr() net.Addr { return f.addr }
func (f *from) Close() error         { close(f.closed); return nil }

// A listener that fails is asked again, ten times a second, and the log says so once a minute, with how often.
func TestFailureToAcceptIsSaidOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log logged
		g := NewGate(Config{Log: log.logger()})
		l := newScripted()
		a := g.Accept([]net.Listener{l}, func(net.Conn, *Source) error { return errors.New("nobody takes it") })
		began := time.Now()
		for range 10 * 60 * acceptorsEach { // what a minute has of failures
			l.arrive <- nil
		}
		if lived := time.Since(began); lived < time.Minute-time.Second || lived > time.Minute {
			t.Errorf("the failures of a minute took %v", lived)
		}
		if lines := log.lines(); len(lines) != 1 || !strings.Contains(lines[0], "too many open files") {
			t.Errorf("the log of a minute: %q", lines)
		}
		<-time.After(time.Second)
		l.arrive <- nil
		synctest.Wait()
		if lines := log.lines(); len(lines) != 2 || !strings.Contains(lines[1], "times=4800") {
			t.Errorf("after a minute: %q", lines)
		}
		l.arrive <- connFrom("192.0.2.1")
		synctest.Wait()
		if s := g.Stats(); s.Open != 0 || s.Accepted != 0 || s.Failed != 4802 {
			t.Errorf("%+v", s)
		}
		a.Stop()
	})
}

// Connections that may not come in are closed, and counted by cause.
func TestGateBoundsConnections(t *testing.T) {
	var log logged
	g := NewGate(Config{Limits: Limits{MaxConnections: 3, SourceConnections: 2}, Log: log.logger(), Causes: []Cause{"own"}})
	l := newScripted()
	type entered struct {
		conn   net.Conn
		source *Source
	}
	in := make(chan entered, 4)
	a := g.Accept([]net.Listener{l}, func(c net.Conn, s *Source) error {
		in <- entered{c, s}
		return nil
	})
	defer a.Stop()
	let := func(addr string) entered {
		c := connFrom(addr)
		l.arrive <- c
		return <-in
	}
	refused := func(addr string) {
		c := connFrom(addr)
		l.arrive <- c
		<-c.closed
	}
	first := let("192.0.2.1")
	let("192.0.2.1")
	refused("192.0.2.1")
	let("192.0.2.2")
	refused("192.0.2.3")
	refused("192.0.2.4")
	g.Leave(first.source, "own")
	let("192.0.2.3")
	s := g.Stats()
	if s.Open != 3 || s.Accepted != 7 || s.Closed["full"] != 2 || s.Closed["source"] != 1 || s.Closed["own"] != 1 || s.Failed != 0 {
		t.Errorf("%+v", s)
	}
	if lines := log.lines(); len(lines) != 1 || !strings.Contains(lines[0], "connections=3 refused=1") {
		t.Errorf("%q", lines)
	}
	s.Log(log.logger())
	if lines := log.lines(); !strings.Contains(lines[1], "accepted=7 failed=0 closed.full=2 closed.own=1 closed.source=1\n") {
		t.Errorf("%q", lines)
	}
}

// More connections than files are left for are not let in, whatever the operator says.
func TestGateKeepsFiles(t *testing.T) {
	var log logged
	g := NewGate(Config{Limits: Limits{MaxConnections: 1 << 30}, Files: 10, Log: log.logger()})
	if lines := log.lines(); g.Max() != 10 || len(lines) != 1 || !strings.Contains(lines[0], "max_connections") {
		t.Errorf("%d connections may be; %q", g.Max(), lines)
	}
	if n, may := openFiles(), Files(); may >= n || may < n*3/4 {
		t.Errorf("%d of %d files are for connections", may, n)
	}
}

// Requests have no more files open than are left for them.
func TestGateLendsFiles(t *testing.T) {
	g := NewGate(Config{Files: 10, Requests: 2})
	if g.Max() != 8 || !g.Borrow() || !g.Borrow() || g.Borrow() {
		t.Errorf("%d connections, %d files lent", g.Max(), g.borrowed.Load())
	}
	g.Return()
	if !g.Borrow() || g.Stats().Refused["files"] != 1 {
		t.Errorf("%v", g.Stats().Refused)
	}
}

// A server of the standard library takes no more connections than there may be, and is done with those that it closes.
// TestListenerEndsBeforeItCloses has a server refuse a request that it has not read: the client reads why, and the end, and no
// reset.
func TestListenerEndsBeforeItCloses(t *testing.T) {
	listeners, err := Open([]string{"127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	l := NewGate(Config{}).Listener(listeners[0])
	server := &http.Server{MaxHeaderBytes: 1}
	go server.Serve(l)
	defer server.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\nX-Large: "+strings.Repeat("1", 30000)+"\r\n"); err != nil {
		t.Fatal(err)
	}
	if all, err := io.ReadAll(c); err != nil || !strings.HasPrefix(string(all), "HTTP/1.1 431 ") {
		t.Errorf("%q, %v", all, err)
	}
}

func TestListenerOfStandardServer(t *testing.T) {
	g := NewGate(Config{Limits: Limits{MaxConnections: 1}})
	listeners, err := Open([]string{"127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	l := g.Listener(listeners[0])
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "page") })}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	url := "http://" + l.Addr().String() + "/"
	client := &http.Client{Transport: &http.Transport{}}
	get := func(c *http.Client) error {
		r, err := c.Get(url)
		if err == nil {
			_, err = io.Copy(io.Discard, r.Body)
			r.Body.Close()
		}
		return err
	}
	if err := get(client); err != nil {
		t.Fatal(err)
	}
	if err := get(&http.Client{Transport: &http.Transport{}}); err == nil {
		t.Error("a second connection is served")
	}
	client.CloseIdleConnections()
	for get(client) != nil { // until the first is closed
	}
	if s := g.Stats(); s.Closed["full"] == 0 || s.Closed["served"] == 0 || s.Open != 1 {
		t.Errorf("%+v", s)
	}
	server.Close()
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
}
