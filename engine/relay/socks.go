package relay

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/proxy"

	"switchyard/smp"
)

// Socks is a SOCKS5 proxy (RFC 1928). Names are resolved behind it.
type Socks struct {
	Address  string // HOST:PORT; a name is resolved when it is connected to
	NoAuth   bool   // connect without a user name
	Username string // of all connections; empty: each relay has one of its own, so that Tor gives it a circuit of its own
	Password string
}

// Where a SOCKS proxy is when nothing else is said.
const (
	defaultSocksHost = "127.0.0.1"
	defaultSocksPort = "9050"
)

var errSocks = errors.New("a SOCKS proxy is written [USER:PASSWORD@|@]HOST[:PORT]")

// ParseSocks reads the text of settings: HOST:PORT, 127.0.0.1 and 9050 when they are left out. Before it, "@" means
// without user names, "USER:PASSWORD@" these ones; otherwise relays are isolated by user names.
func ParseSocks(text string) (*Socks, error) {
	s := new(Socks)
	if auth, rest, ok := strings.Cut(text, "@"); ok {
		user, password, both := strings.Cut(auth, ":")
		if s.NoAuth = auth == ""; !s.NoAuth && (!both || user == "" || len(user) > 255 || len(password) > 255) {
			return nil, errSocks
		}
		s.Username, s.Password, text = user, password, rest
	}
	host, port := text, defaultSocksPort
	if h, p, err := net.SplitHostPort(text); err == nil {
		host, port = h, p
	}
	if host = strings.Trim(host, "[]"); host == "" {
		host = defaultSocksHost
	}
	host, err := smp.ParseHost(host)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n == 0 {
		return nil, errSocks
	}
	s.Address = net.JoinHostPort(host, port)
	return s, nil
}

// keepAlive is that of connections to relays.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 15 * time.Second, Count: 4}

// dialer makes connections for one relay, which name tells from others.
func (s *Socks) dialer(salt *[32]byte, name string) (func(ctx context.Context, address string) (net.Conn, error), error) {
	var auth *proxy.Auth
	switch {
	case s.NoAuth:
	case s.Username != "":
		auth = &proxy.Auth{User: s.Username, Password: s.Password}
	default:
		sum := sha256.Sum256(append(salt[:], name...))
		auth = &proxy.Auth{User: base64.StdEncoding.EncodeToString(sum[:])}
	}
	d, err := proxy.SOCKS5("tcp", s.Address, auth, &net.Dialer{KeepAliveConfig: keepAlive})
	if err != nil {
		return nil, err
	}
	c := d.(proxy.ContextDialer)
	return func(ctx context.Context, address string) (net.Conn, error) {
		return c.DialContext(ctx, "tcp", address)
	}, nil
}
