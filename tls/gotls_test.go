package tls

import (
	"bytes"
	"context"
	"crypto/ed25519"
	gotls "crypto/tls"
	"fmt"
	"io"
	"net"
	"testing"
)

// Go's crypto/tls has X25519 and Ed25519, but neither X448 nor Ed448.

// goCertificate is a key pair of Ed25519 as crypto/tls takes it.
func goCertificate(pair *KeyPair) gotls.Certificate {
	return gotls.Certificate{Certificate: pair.Chain, PrivateKey: pair.Key.(ed25519.PrivateKey)}
}

// localPipe is a pair of connected TCP sockets.
func localPipe(t *testing.T) (client, server net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	defer listener.Close()
	accepted := make(chan net.Conn)
	go func() {
		conn, err := listener.Accept()
		must(err)
		accepted <- conn
	}()
	client, err = net.Dial("tcp", listener.Addr().String())
	must(err)
	server = <-accepted
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, server
}

// handshaker is what NetConn and crypto/tls have in common.
type handshaker interface {
	net.Conn
	HandshakeContext(context.Context) error
}

func (c *NetConn) HandshakeContext(ctx context.Context) error { return c.Handshake(ctx) }

// converse runs both handshakes, and sends 1 MiB each way at once.
func converse(t *testing.T, a, b handshaker) {
	t.Helper()
	failed := make(chan error, 3)
	one := func(c handshaker, data, want []byte) {
		if err := c.HandshakeContext(t.Context()); err != nil {
			failed <- fmt.Errorf("handshake of %T: %w", c, err)
			return
		}
		written := make(chan error, 1)
		go func() {
			_, err := c.Write(data)
			written <- err
		}()
		got := make([]byte, len(want))
		if _, err := io.ReadFull(c, got); err != nil {
			failed <- fmt.Errorf("%T reads: %w", c, err)
			return
		}
		if !bytes.Equal(got, want) {
			failed <- fmt.Errorf("%T reads other data", c)
			return
		}
		failed <- <-written
	}
	x, y := someData(1<<20), bytes.Repeat([]byte{7, 1, 9}, 1<<20/3)
	go one(a, x, y)
	go one(b, y, x)
	for range 2 {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
}

func TestGoClient(t *testing.T) {
	for _, suite := range defaultSuites {
		for _, groups := range [][]Group{{X25519}, {X448, X25519}} {
			for _, withCert := range []bool{false, true} {
				rawClient, rawServer := localPipe(t)
				config := serverConfig(Ed25519)
				config.CipherSuites, config.Groups, config.ALPN, config.RequestClientCert = []CipherSuite{suite}, groups, []string{"smp/1"}, true
				goConfig := &gotls.Config{
					ServerName: "localhost", NextProtos: []string{"smp/1"}, Time: testNow,
					CurvePreferences: []gotls.CurveID{gotls.X25519},
					// The leaf has no subject alternative name, which Go insists on.
					InsecureSkipVerify: true,
				}
				if withCert {
					goConfig.Certificates = []gotls.Certificate{goCertificate(routers()[Ed25519].leaf)}
				}
				client, server := gotls.Client(rawClient, goConfig), Server(rawServer, config)
				converse(t, client, server)
				state := client.ConnectionState()
				if state.CipherSuite != uint16(suite) || state.NegotiatedProtocol != "smp/1" || len(state.PeerCertificates) != 2 {
					t.Errorf("crypto/tls sees %x, %q", state.CipherSuite, state.NegotiatedProtocol)
				}
				if (server.PeerChain() != nil) != withCert || server.ServerName() != "localhost" {
					t.Errorf("peer chain of %d", len(server.PeerChain()))
				}
				client.Close()
				if _, err := server.Read(make([]byte, 1)); err != io.EOF {
					t.Errorf("after close_notify: %v", err)
				}
			}
		}
	}
}

// TestGoClientRetries: crypto/tls answers a HelloRetryRequest for a group that it has, by a server without its first.
func TestGoClientRetries(t *testing.T) {
	rawClient, rawServer := localPipe(t)
	goConfig := &gotls.Config{InsecureSkipVerify: true, CurvePreferences: []gotls.CurveID{gotls.CurveP256, gotls.X25519}}
	client, server := gotls.Client(rawClient, goConfig), Server(rawServer, serverConfig(Ed25519))
	converse(t, client, server)
	if server.Group() != X25519 {
		t.Errorf("group %x", server.Group())
	}
}

func TestGoServer(t *testing.T) {
	pair := routers()[Ed25519].leaf
	for _, groups := range [][]Group{{X25519}, {X448, X25519}} { // the second by HelloRetryRequest
		for _, withCert := range []bool{false, true} {
			rawClient, rawServer := localPipe(t)
			config := clientConfig(Ed25519)
			config.Groups, config.ALPN, config.ServerName = groups, []string{"http/1.1", "smp/1"}, "localhost"
			goConfig := &gotls.Config{
				Certificates: []gotls.Certificate{goCertificate(pair)}, NextProtos: []string{"smp/1"}, Time: testNow,
				ClientAuth: gotls.RequestClientCert,
			}
			if withCert {
				config.Certificates = []*KeyPair{pair}
			}
			client, server := Client(rawClient, config), gotls.Server(rawServer, goConfig)
			converse(t, client, server) // the server's tickets are ignored
			state := server.ConnectionState()
			if protocol, _ := client.NegotiatedALPN(); protocol != "smp/1" || client.Group() != X25519 || state.ServerName != "localhost" {
				t.Errorf("negotiated %q, %x", protocol, client.Group())
			}
			if (len(state.PeerCertificates) > 0) != withCert {
				t.Errorf("crypto/tls sees %d certificates", len(state.PeerCertificates))
			}
			client.Close()
			if _, err := server.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("crypto/tls after close_notify: %v", err)
			}
		}
	}
}

// TestGoOld: crypto/tls of TLS 1.2 gets protocol_version, as a client and as a server.
func TestGoOld(t *testing.T) {
	old := &gotls.Config{
		MaxVersion: gotls.VersionTLS12, InsecureSkipVerify: true,
		Certificates: []gotls.Certificate{goCertificate(routers()[Ed25519].leaf)},
	}
	rawClient, rawServer := localPipe(t)
	refused := make(chan error, 1)
	go func() { refused <- gotls.Client(rawClient, old).Handshake() }()
	wantAlert(t, Server(rawServer, serverConfig(Ed25519)).Handshake(t.Context()), AlertProtocolVersion)
	if err := <-refused; err == nil {
		t.Error("crypto/tls was not refused")
	}
	rawClient, rawServer = localPipe(t)
	go func() { refused <- gotls.Server(rawServer, old).Handshake() }()
	err := Client(rawClient, clientConfig(Ed25519)).Handshake(t.Context())
	wantRemote(t, err, AlertProtocolVersion)
	if err := <-refused; err == nil {
		t.Error("crypto/tls was not refused")
	}
}
