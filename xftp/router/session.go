package router

import (
	"context"
	"crypto/rand"
	stdtls "crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"

	"switchyard/box"
	"switchyard/server/listen"
	"switchyard/tls"
	"switchyard/xftp"
)

// session is the state of a connection.
type session struct {
	// Immutable.
	raw   net.Conn
	begun time.Time

	// Set by the handshake, before established.
	conn   *leaver
	id     []byte
	pair   *tls.KeyPair // of the certificate that TLS shows, but for browsers
	web    bool         // a browser: SNI, and the web certificate
	silent bool         // ALPN h2 without SNI: every request has an empty answer

	established atomic.Bool
	lastMoved   atomic.Int64                 // nanoseconds since begun
	active      atomic.Int32                 // requests under way
	why         atomic.Pointer[listen.Cause] // it ends; nil while it does not

	mu      sync.Mutex
	stage   stage
	version xftp.Version
	private [box.KeySize]byte // of the hello, made with the first one
	public  [box.KeySize]byte
	keyed   bool

	commands listen.TokenBucket // guarded by mu
}

// forget overwrites the private key of a session that has ended.
func (s *session) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.private[:])
	s.keyed = false
}

// stage of the hello.
type stage uint8

const (
	unknown  stage = iota
	greeted        // the router's hello is sent
	accepted       // the client's answer fits
)

type sessionKey struct{}

func sessionOf(ctx context.Context) *session { return ctx.Value(sessionKey{}).(*session) }

// sessionKeyOf is the router's private key of the session, nil if there is none.
func (s *session) sessionKeyOf() *[box.KeySize]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.keyed {
		return nil
	}
	k := s.private
	return &k
}

// protocols are what we negotiate. What is called http/1.1 is HTTP/2 all the same: clients of the network use the name
// to pass through firewalls.
var protocols = []string{xftp.ALPN, "h2", "http/1.1"}

var errBrowser = errors.New("router: a browser")

// handshake does TLS: ours, or for browsers the standard library's on the same bytes.
func (r *Router) handshake(s *session) error {
	ctx, cancel := context.WithTimeout(r.ctx, r.cfg.TLSTimeout)
	defer cancel()
	now := r.settings.Load()
	s.pair = now.KeyPair
	web := r.browserCertificate()
	recorded := &reader{Conn: s.raw, record: web != nil}
	conn := tls.Server(recorded, &tls.Config{
		Certificates: []*tls.KeyPair{s.pair},
		ALPN:         protocols,
		OnClientHello: func(hello *tls.ClientHelloInfo) error {
			if web != nil && hello.ServerName != "" {
				return errBrowser
			}
			recorded.record, recorded.recorded = false, nil
			return nil
		},
	})
	err := conn.Handshake(ctx)
	if errors.Is(err, errBrowser) {
		recorded.record = false
		return r.webHandshake(ctx, s, &replayer{Conn: recorded, bytes: recorded.recorded}, web)
	}
	if err != nil {
		return err
	}
	s.conn, s.id = &leaver{Conn: conn}, slices.Clone(conn.SessionID())
	protocol, negotiated := conn.NegotiatedALPN()
	r.settle(s, protocol, negotiated)
	return nil
}

// webHandshake is for browsers. They cannot see what TLS offers as session identifier and take ours from the hello,
// which is signed: a random one serves.
func (r *Router) webHandshake(ctx context.Context, s *session, raw net.Conn, web *stdtls.Certificate) error {
	conn := stdtls.Server(raw, &stdtls.Config{
		MinVersion: stdtls.VersionTLS12,
		GetConfigForClient: func(hello *stdtls.ClientHelloInfo) (*stdtls.Config, error) {
			c := &stdtls.Config{MinVersion: stdtls.VersionTLS12, Certificates: []stdtls.Certificate{*web}, NextProtos: protocols}
			for _, p := range hello.SupportedProtos { // the client's preference counts
				if slices.Contains(protocols, p) {
					c.NextProtos = []string{p}
					break
				}
			}
			return c, nil
		},
	})
	if err := conn.HandshakeContext(ctx); err != nil {
		return err
	}
	s.conn, s.id, s.web = &leaver{Conn: conn}, make([]byte, 32), true
	rand.Read(s.id)
	protocol := conn.ConnectionState().NegotiatedProtocol
	r.settle(s, protocol, protocol != "")
	return nil
}

// settle says what the ALPN means: without one the client is of version 1 and says no hello.
func (r *Router) settle(s *session, protocol string, negotiated bool) {
	s.moved(r.cfg.Now())
	switch {
	case !negotiated:
		s.stage, s.version = accepted, xftp.MinVersion
	case protocol == "h2" && !s.web:
		s.silent = true
	}
	s.established.Store(true)
}

// causeOfHandshake is why a connection ends whose handshake failed.
func causeOfHandshake(err error) listen.Cause {
	var network net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return listen.CauseTLSTimeout
	case errors.Is(err, context.Canceled):
		return listen.CauseStop
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &network):
		return listen.CausePeer
	}
	return listen.CauseTLS
}

// replayer reads bytes first.
type replayer struct {
	net.Conn
	bytes []byte
}

func (c *replayer) Read(p []byte) (int, error) {
	if len(c.bytes) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.bytes)
	c.bytes = c.bytes[n:]
	return n, nil
}

// begin notes a request, moved that a piece of one has come or gone, done its end.
func (s *session) begin(now time.Time) {
	s.active.Add(1)
	s.moved(now)
}

func (s *session) moved(now time.Time) { s.lastMoved.Store(int64(now.Sub(s.begun))) }

func (s *session) done() { s.active.Add(-1) }

// unmoved is how long nothing has moved.
func (s *session) unmoved(now time.Time) time.Duration {
	return now.Sub(s.begun) - time.Duration(s.lastMoved.Load())
}

// end notes why the connection ends; the first reason counts.
func (s *session) end(why listen.Cause) { s.why.CompareAndSwap(nil, &why) }

// tooSlow leaves a client that lets a request wait.
func (s *session) tooSlow() {
	s.end(listen.CauseSlow)
	s.conn.leave(http2.ErrCodeEnhanceYourCalm)
}

// leave ends the connection, with a word to its client if there can be one. It does not wait.
func (s *session) leave(why listen.Cause) {
	s.end(why)
	if s.established.Load() {
		go s.conn.leave(http2.ErrCodeNo)
	} else {
		s.raw.Close()
	}
}

// close closes the connection.
func (s *session) close(why listen.Cause) {
	s.end(why)
	if s.established.Load() {
		s.conn.Close()
	} else {
		s.raw.Close()
	}
}
