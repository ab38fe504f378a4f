package client

//lint:file-ignore SA1019 net/http has this HTTP/2, too, but gives no access to the connection below it: here it is ours.

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http2"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/tls"
	"switchyard/xftp"
)

// Times of the reference's client.
const (
	connectTimeout = 45 * time.Second
	commandTimeout = 75 * time.Second
	answerTimeout  = 30 * time.Second // of a packet, and
	perKilobyte    = 5 * time.Millisecond
)

// maxFrame is the reference's: with its header such a frame of HTTP/2 fills two records of TLS.
const maxFrame = 32768 - 9

// defaultPort is that of addresses without one.
const defaultPort = "443"

var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 15 * time.Second, Count: 4}

// Config says how to connect to a router. Address is required.
type Config struct {
	Address smp.ServerAddress
	NoALPN  bool // version 1, without hello
	Connect func(ctx context.Context, address string) (net.Conn, error)
}

// Conn is a connection to a router.
type Conn struct {
	host      string
	transport *http2.ClientConn
	tls       *tls.NetConn
	sessionID []byte
	version   xftp.Version
	key       *[box.KeySize]byte // the router's, of the hello
}

// host is the one to connect to: without a proxy for Tor, the first that is not an onion address.
func host(a *smp.ServerAddress) string {
	for _, h := range a.Hosts {
		if !strings.HasSuffix(h, ".onion") {
			return h
		}
	}
	return a.Hosts[0]
}

// Dial connects and says hello. Errors are *ConnectError, *HelloError and those of requests.
func Dial(ctx context.Context, cfg Config) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	c := &Conn{host: host(&cfg.Address), version: xftp.MinVersion}
	port := cfg.Address.Port
	if port == "" {
		port = defaultPort
	}
	connect := cfg.Connect
	if connect == nil {
		dialer := net.Dialer{KeepAliveConfig: keepAlive}
		connect = func(ctx context.Context, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", address)
		}
	}
	raw, err := connect(ctx, net.JoinHostPort(strings.Trim(c.host, "[]"), port))
	if err != nil {
		return nil, &ConnectError{c.host, err}
	}
	if err := c.establish(ctx, raw, &cfg); err != nil {
		raw.Close()
		return nil, err
	}
	return c, nil
}

func (c *Conn) establish(ctx context.Context, raw net.Conn, cfg *Config) error {
	config := &tls.Config{
		CipherSuites: []tls.CipherSuite{tls.ChaCha20Poly1305SHA256},
		VerifyPeer:   func(chain [][]byte) error { return tls.VerifyChain(chain, cfg.Address.KeyHash, time.Now()) },
	}
	if !cfg.NoALPN {
		config.ALPN = []string{xftp.ALPN}
	}
	c.tls = tls.Client(raw, config)
	if err := c.tls.Handshake(ctx); err != nil {
		return &ConnectError{c.host, err}
	}
	c.sessionID = bytes.Clone(c.tls.SessionID())
	var err error
	if c.transport, err = (&http2.Transport{DisableCompression: true, MaxReadFrameSize: maxFrame}).NewClientConn(c.tls); err != nil {
		return &ConnectError{c.host, err}
	}
	defer c.tls.ForgetPeerChain()
	if _, negotiated := c.tls.NegotiatedALPN(); !negotiated {
		return nil
	}
	return c.hello(ctx, &cfg.Address)
}

// hello says hello: the router's is judged by the fingerprint of the address and the TLS session.
func (c *Conn) hello(ctx context.Context, address *smp.ServerAddress) error {
	block := make([]byte, xftp.BlockSize)
	if err := c.exchange(ctx, nil, block); err != nil {
		return err
	}
	h, ok := xftp.ParseServerHello(block)
	if !ok {
		if e, bare := xftp.ParseBareError(block); bare {
			return &HelloError{e.Error()}
		}
		return &HelloError{"the router's hello does not parse"}
	}
	if err := c.judge(&h, address); err != nil {
		return err
	}
	answer, err := xftp.AppendClientHello(nil, c.version, &address.KeyHash)
	if err != nil {
		return err
	}
	body, err := c.post(ctx, bytes.NewReader(answer), int64(len(answer)))
	if err != nil {
		return err
	}
	defer body.Close()
	switch n, err := io.ReadFull(body, block); {
	case errors.Is(err, io.EOF):
		return nil
	case err == nil:
		if e, bare := xftp.ParseBareError(block); bare {
			return &HelloError{e.Error()}
		}
		fallthrough
	default:
		return &HelloError{"the router answers with " + plural(n, "byte")}
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func (c *Conn) judge(h *xftp.ServerHello, address *smp.ServerAddress) error {
	c.version = min(h.Max, xftp.CurrentVersion)
	signed, err := box.ParseSignedKey(h.SignedKey)
	switch {
	case !bytes.Equal(h.SessionID, c.sessionID):
		return &HelloError{"it is of another session"}
	case c.version < h.Min || c.version < xftp.MinVersion:
		return &HelloError{"no version in common"}
	case len(h.Chain) != 2 || tls.Fingerprint(h.Chain[1]) != address.KeyHash:
		return &HelloError{"another identity"}
	case err != nil:
		return &HelloError{"the session key does not parse"}
	case tls.VerifySignature(c.tls.PeerChain()[0], signed.Signed, signed.Signature) != nil:
		return &HelloError{"the session key is not signed by the router"}
	}
	key, err := box.ParseX25519(signed.SPKI)
	if err != nil {
		return &HelloError{"the session key is of another algorithm"}
	}
	c.key = &key
	return nil
}

// Version is the agreed version.
func (c *Conn) Version() xftp.Version { return c.version }

// Usable tells whether requests can still be made.
func (c *Conn) Usable() bool { return c.transport.CanTakeNewRequest() }

// Close closes the connection; requests under way fail.
func (c *Conn) Close() error {
	c.tls.Close()
	return c.transport.Close()
}

// noHeader leaves out what the reference's clients do not send.
var noHeader = http.Header{"User-Agent": {""}}
