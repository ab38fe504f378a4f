package listen

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// piped is the router's end of a connection from an address.
type piped struct {
	net.Conn
	addr net.Addr
}

func (p *piped) RemoteAddr() net.Addr { return p.addr }

// proxyGate is a gate for a proxy at 192.0.2.1, its listener, and what it lets in.
func proxyGate(t *testing.T, l Limits) (g *Gate, arrive func(addr string) net.Conn, in chan net.Conn, stop func()) {
	l.Proxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}
	g = NewGate(Config{Limits: l, Files: 4 * headersTogether})
	listener := newScripted()
	in = make(chan net.Conn, 1)
	a := g.Accept([]net.Listener{listener}, func(c net.Conn, s *Source) error {
		in <- c
		return nil
	})
	return g, func(addr string) net.Conn {
		client, router := net.Pipe()
		listener.arrive <- &piped{router, tcpAddr(addr)}
		return client
	}, in, a.Stop
}

// closedFor checks that a connection has been closed, and for what.
func closedFor(t *testing.T, g *Gate, c net.Conn, why Cause) {
	t.Helper()
	synctest.Wait()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("%s: the connection is open: %v", why, err)
	}
	if s := g.Stats(); s.Closed[string(why)] == 0 {
		t.Errorf("%s: %+v", why, s)
	}
}

// The header of a proxy says whose a connection is; the limits of sources go by that, and what follows is left unread.
func TestHeaderNamesTheSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, arrive, in, stop := proxyGate(t, Limits{SourceConnections: 1})
		defer stop()
		let := func(head string) net.Conn {
			client := arrive("192.0.2.1")
			go io.WriteString(client, head+"TLS")
			router := <-in
			b := make([]byte, 3)
			if _, err := io.ReadFull(router, b); err != nil || string(b) != "TLS" {
				t.Errorf("behind the header is %q, %v", b, err)
			}
			return router
		}
		one := let(headerOf(t, 2, "198.51.100.1:1", "192.0.2.1:443"))
		if got := one.RemoteAddr().String(); got != "198.51.100.1:1" {
			t.Error("the connection is from", got)
		}
		let(headerOf(t, 1, "198.51.100.2:1", "192.0.2.1:443"))
		let("PROXY UNKNOWN\r\n") // the proxy itself

		for _, head := range []string{headerOf(t, 1, "198.51.100.1:2", "192.0.2.1:443"), signature + "\x20\x00\x00\x00"} {
			second := arrive("192.0.2.1")
			if _, err := io.WriteString(second, head); err != nil {
				t.Error(err)
			}
			closedFor(t, g, second, CauseSource)
		}
		if s := g.Stats(); s.Open != 3 || s.Closed["source"] != 2 {
			t.Errorf("%+v", s)
		}
		direct := arrive("203.0.113.1") // what it says belongs to TLS
		defer direct.Close()
		if c := <-in; c.RemoteAddr().String() != "203.0.113.1:1234" {
			t.Error("a direct connection is from", c.RemoteAddr())
		}
	})
}

// What comes from a proxy without a header, with half of one, or with one that does not end, is closed and counted.
func TestHeaderThatIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, arrive, _, stop := proxyGate(t, Limits{})
		defer stop()
		none := arrive("192.0.2.1")
		go io.WriteString(none, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00")
		closedFor(t, g, none, CauseProxyHeader)
		half := arrive("192.0.2.1")
		go func() {
			io.WriteString(half, "PROXY TCP4 198.51")
			half.Close()
		}()
		synctest.Wait()
		endless := arrive("192.0.2.1")
		go io.WriteString(endless, "PROXY UNKNOWN "+strings.Repeat("x", 1000))
		closedFor(t, g, endless, CauseProxyHeader)
		silent := arrive("192.0.2.1")
		synctest.Wait()
		silent.Close()
		synctest.Wait()

		slow, began := arrive("192.0.2.1"), time.Now()
		for _, b := range []byte("PROXY TCP4 198.51.100.1") {
			if _, err := slow.Write([]byte{b}); err != nil {
				break
			}
			<-time.After(time.Second)
		}
		closedFor(t, g, slow, CauseProxyTimeout)
		if took := time.Since(began); took > headerTimeout+time.Second {
			t.Errorf("a slow header is awaited for %v", took)
		}
		s := g.Stats()
		if s.Open != 0 || s.Closed["proxy_header"] != 3 || s.Closed["proxy_timeout"] != 1 || s.Closed["peer"] != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// However many headers are awaited, connections from elsewhere come in; beyond a number those of proxies are closed, and a
// router that stops does not wait for them.
func TestHeadersHoldNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, arrive, in, stop := proxyGate(t, Limits{})
		for range headersTogether {
			defer arrive("192.0.2.1").Close()
		}
		defer arrive("203.0.113.1").Close()
		<-in
		synctest.Wait()
		closedFor(t, g, arrive("192.0.2.1"), CauseProxyBusy)
		began := time.Now()
		stop()
		if s := g.Stats(); s.Open != 1 || s.Closed["stop"] != headersTogether || time.Since(began) != 0 {
			t.Errorf("after %v: %+v", time.Since(began), s)
		}
	})
}

// A server of the standard library sees the address that the proxy names.
func TestListenerBehindProxy(t *testing.T) {
	g := NewGate(Config{Limits: Limits{Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}})
	listeners, err := Open([]string{"127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	l := g.Listener(listeners[0])
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { io.WriteString(w, q.RemoteAddr) })}
	go server.Serve(l)
	defer server.Close()
	for version, want := range map[byte]string{1: "198.51.100.1:4711", 2: "[2001:db8::7]:4711"} {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, headerOf(t, version, want, want)+"GET / HTTP/1.0\r\n\r\n")
		if all, err := io.ReadAll(c); err != nil || !strings.HasSuffix(string(all), "\r\n\r\n"+want) {
			t.Errorf("%q, %v", all, err)
		}
		c.Close()
	}
}

// Limits that change hold for what comes from then on; connections stay.
func TestLimitsChange(t *testing.T) {
	g := NewGate(Config{Limits: Limits{SourceConnections: 1}})
	l := newScripted()
	in := make(chan *Source, 1)
	a := g.Accept([]net.Listener{l}, func(_ net.Conn, s *Source) error { in <- s; return nil })
	defer a.Stop()
	let := func(addr string) *Source { l.arrive <- connFrom(addr); return <-in }
	refused := func(addr string) {
		c := connFrom(addr)
		l.arrive <- c
		<-c.closed
	}
	first := let("192.0.2.1")
	refused("192.0.2.1")
	g.Change(Limits{SourceConnections: 2}, 0)
	second := let("192.0.2.1")
	refused("192.0.2.1")
	g.Change(Limits{SourceConnections: 2, PrefixIPv4: 24}, 5)
	third := let("192.0.2.9")
	let("192.0.2.1")
	refused("192.0.2.2")
	if !g.MayCreate(third, time.Now()) {
		t.Error("a source may create nothing of five")
	}
	for _, s := range []*Source{first, second, third} {
		g.Leave(s, CausePeer)
	}
	g.Change(Limits{MaxConnections: 2}, 0)
	if s := let("192.0.2.2"); s != nil || g.Max() != 2 {
		t.Error("sources are counted without a limit")
	}
	refused("192.0.2.2")
	if s := g.Stats(); s.Open != 2 || s.Closed["full"] != 1 || s.Closed["source"] != 3 {
		t.Errorf("%+v", s)
	}
}
