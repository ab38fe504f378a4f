package relay

import (
	"bytes"
	"io"
	"net"
	"reflect"
	"slices"
	"testing"

	"switchyard/smp"
)

func TestParseSocks(t *testing.T) {
	for _, c := range []struct {
		text string
		want *Socks
	}{
		{"127.0.0.1:9050", &Socks{Address: "127.0.0.1:9050"}},
		{"192.0.2.1", &Socks{Address: "192.0.2.1:9050"}},
		{":1080", &Socks{Address: "127.0.0.1:1080"}},
		{"[::1]:1080", &Socks{Address: "[::1]:1080"}},
		{"[::1]", &Socks{Address: "[::1]:9050"}},
		{"@127.0.0.1:9050", &Socks{Address: "127.0.0.1:9050", NoAuth: true}},
		{"user:pass@127.0.0.1:9050", &Socks{Address: "127.0.0.1:9050", Username: "user", Password: "pass"}},
		{"user:@127.0.0.1", &Socks{Address: "127.0.0.1:9050", Username: "user"}},
		{"user@127.0.0.1:9050", nil},
		{":pass@127.0.0.1:9050", nil},
		{"localhost:9050", &Socks{Address: "localhost:9050"}},
		{"localhost", &Socks{Address: "localhost:9050"}},
		{"@tor.example:9150", &Socks{Address: "tor.example:9150", NoAuth: true}},
		{"local host:9050", nil},
		{"localhost:0", nil},
		{"localhost:", nil},
		{"127.0.0.1:x", nil},
		{"127.0.0.1:65536", nil},
		{"127.0.0.1:1:2", nil},
	} {
		got, err := ParseSocks(c.text)
		if (err == nil) != (c.want != nil) || c.want != nil && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %+v, %v", c.text, got, err)
		}
	}
}

// FuzzParseSocks: what is accepted is an address and names that RFC 1929 can carry.
func FuzzParseSocks(f *testing.F) {
	f.Add("a:b@[::1]:9050")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSocks(text)
		if err != nil {
			return
		}
		if _, _, err := net.SplitHostPort(s.Address); err != nil || len(s.Username) > 255 || len(s.Password) > 255 {
			t.Errorf("%q: %+v", text, s)
		}
	})
}

// socksServer is a SOCKS5 proxy that notes what it is asked for, and refuses it.
type socksServer struct {
	listener net.Listener
	asked    chan socksRequest
}

type socksRequest struct {
	user, password, host string
	auth                 bool
}

func startSocks(t *testing.T) *socksServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &socksServer{l, make(chan socksRequest, 10)}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.take(c)
		}
	}()
	return s
}

// take follows RFC 1928 and RFC 1929 up to the request.
func (s *socksServer) take(c net.Conn) {
	defer c.Close()
	var r socksRequest
	read := func(n int) []byte {
		b := make([]byte, n)
		_, _ = io.ReadFull(c, b)
		return b
	}
	text := func() string { return string(read(int(read(1)[0]))) }
	methods := read(int(read(2)[1]))
	if r.auth = slices.Contains(methods, 2); r.auth {
		_, _ = c.Write([]byte{5, 2})
		read(1)
		r.user, r.password = text(), text()
		_, _ = c.Write([]byte{1, 0})
	} else {
		_, _ = c.Write([]byte{5, 0})
	}
	if head := read(4); bytes.Equal(head, []byte{5, 1, 0, 3}) {
		r.host = text()
	} else {
		r.host = net.IP(read(4)).String()
	}
	read(2)
	s.asked <- r
	_, _ = c.Write([]byte{5, 4, 0, 1, 0, 0, 0, 0, 0, 0}) // host unreachable
}

// TestSocks: names reach the SOCKS proxy unresolved, each relay under a user name of its own; hosts that need no SOCKS
// proxy go there only when all do.
func TestSocks(t *testing.T) {
	server := startSocks(t)
	socks := &Socks{Address: server.listener.Addr().String()}
	p, n, _ := testPool(t, Config{Socks: socks})
	var users []string
	for _, host := range []string{"xyz.onion", "abc.onion"} {
		if err := p.connectTo(addressOf(host)); err != smp.ErrBrokerNetwork {
			t.Error(err)
		}
		r := <-server.asked
		if r.host != host || r.password != "" || len(r.user) != 44 {
			t.Errorf("%+v", r)
		}
		users = append(users, r.user)
	}
	n.advance(maxRetry)
	p.connectTo(addressOf("xyz.onion"))
	if again := <-server.asked; users[0] == users[1] || again.user != users[0] {
		t.Errorf("user names %q, and %q the second time", users, again.user)
	}
	if p.connectTo(addressOf("a.example")); n.count() != 1 {
		t.Errorf("%d direct connections, want 1", n.count())
	}

	always, n, _ := testPool(t, Config{Socks: &Socks{Address: socks.Address, Username: "user", Password: "pass"}, SocksAlways: true})
	always.connectTo(addressOf("a.example"))
	if r := <-server.asked; n.count() != 0 || r != (socksRequest{"user", "pass", "a.example", true}) {
		t.Errorf("%+v, and %d direct connections", r, n.count())
	}
	open, _, _ := testPool(t, Config{Socks: &Socks{Address: socks.Address, NoAuth: true}})
	open.connectTo(addressOf("xyz.onion"))
	if r := <-server.asked; r != (socksRequest{host: "xyz.onion"}) {
		t.Errorf("%+v", r)
	}
}
