package client

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"testing"
	"time"

	"switchyard/smp"
	"switchyard/tls"
)

// refused dials and returns the error, which must be a DialError of the step.
func refused(t *testing.T, ctx context.Context, config Config, step DialStep) error {
	t.Helper()
	c, err := Dial(ctx, config)
	if err == nil {
		hangUp(c)
		t.Error("connected")
		return nil
	}
	var failure *DialError
	if !errors.As(err, &failure) || failure.Step != step {
		t.Errorf("error %v, want one of step %s", err, step)
	}
	return err
}

// TestHandshakeRefused connects to routers that do one thing wrong in their hello.
func TestHandshakeRefused(t *testing.T) {
	other := keyPair(t, tls.Ed448)
	for _, test := range []struct {
		name   string
		change func(*smp.ServerHello)
		want   error
	}{
		{"other session ID", func(h *smp.ServerHello) { h.SessionID = make([]byte, 32) }, smp.TransportSession},
		{"newer versions only", func(h *smp.ServerHello) { h.Range = smp.VersionRange{Min: 20, Max: 30} }, smp.TransportVersion},
		{"older versions only", func(h *smp.ServerHello) { h.Range, h.CertKey = smp.VersionRange{Min: 1, Max: 5}, nil }, smp.TransportVersion},
		{"chain of another router", func(h *smp.ServerHello) { h.CertKey.Chain = other.Chain }, smp.TransportBadAuth},
		{"key signed by another", func(h *smp.ServerHello) {
			h.CertKey.SignedKey = append([]byte(nil), h.CertKey.SignedKey...)
			h.CertKey.SignedKey[len(h.CertKey.SignedKey)-1] ^= 1
		}, smp.TransportBadAuth},
		{"signed key that is none", func(h *smp.ServerHello) { h.CertKey.SignedKey = []byte{0x30, 0} }, smp.TransportParse},
	} {
		t.Run(test.name, func(t *testing.T) {
			router := newTestRouter(t, nil)
			router.hello = test.change
			inBubble(t, router, func(t *testing.T, ctx context.Context) {
				if err := refused(t, ctx, router.config(), StepHandshake); !errors.Is(err, test.want) {
					t.Errorf("error %v, want %v", err, test.want)
				}
			})
		})
	}
}

// TestHelloRefused sends something that is no hello.
func TestHelloRefused(t *testing.T) {
	for _, test := range []struct {
		name  string
		greet func(c *routerConn, content []byte)
		want  error
	}{
		{"empty content", func(c *routerConn, _ []byte) { _ = c.writeBlock(nil) }, smp.TransportParse},
		{"half a hello", func(c *routerConn, hello []byte) { _ = c.writeBlock(hello[:len(hello)/2]) }, smp.TransportParse},
		{"padding that lies", func(c *routerConn, _ []byte) {
			block := make([]byte, smp.BlockSize)
			block[0] = 0xff
			_, _ = c.Write(block)
		}, smp.TransportBlock},
		{"end instead of it", func(c *routerConn, _ []byte) { _ = c.Close() }, io.EOF},
		{"end in the middle", func(c *routerConn, hello []byte) {
			_, _ = c.Write(c.seal(hello)[:5000])
			_ = c.Close()
		}, io.ErrUnexpectedEOF},
	} {
		t.Run(test.name, func(t *testing.T) {
			router := newTestRouter(t, nil)
			router.greet = test.greet
			inBubble(t, router, func(t *testing.T, ctx context.Context) {
				if err := refused(t, ctx, router.config(), StepHandshake); !errors.Is(err, test.want) {
					t.Errorf("error %v, want %v", err, test.want)
				}
			})
		})
	}
}

func TestWrongFingerprint(t *testing.T) {
	router := newTestRouter(t, nil)
	config := router.config()
	config.Address.KeyHash[0] ^= 1
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		if err := refused(t, ctx, config, StepTLS); !errors.Is(err, tls.ErrUnknownCA) {
			t.Errorf("error %v", err)
		}
	})
}

// TestNotTLS connects to something that speaks another protocol.
func TestNotTLS(t *testing.T) {
	router := newTestRouter(t, nil)
	config := router.config()
	config.Connect = func(context.Context, string) (net.Conn, error) {
		client, server := net.Pipe()
		router.conns.Go(func() {
			defer server.Close()
			_, _ = server.Read(make([]byte, 4096))
			_, _ = io.WriteString(server, "SSH-2.0-something\r\n")
			_, _ = io.Copy(io.Discard, server)
		})
		return client, nil
	}
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		refused(t, ctx, config, StepTLS)
	})
}

// TestDialTimeout connects to routers that fall silent at a point of the handshakes.
func TestDialTimeout(t *testing.T) {
	silence := func(c *routerConn, _ []byte) { c.drain() }
	for _, test := range []struct {
		name string
		step DialStep
		prep func(*testRouter, *Config)
	}{
		{"before TLS", StepTLS, func(r *testRouter, config *Config) {
			config.Connect = func(context.Context, string) (net.Conn, error) {
				client, server := net.Pipe()
				r.conns.Go(func() { _, _ = io.Copy(io.Discard, server) })
				return client, nil
			}
		}},
		{"before the hello", StepHandshake, func(r *testRouter, _ *Config) { r.greet = silence }},
		{"in the hello", StepHandshake, func(r *testRouter, _ *Config) {
			r.greet = func(c *routerConn, content []byte) {
				_, _ = c.Write(c.seal(content)[:100])
				c.drain()
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			router := newTestRouter(t, nil)
			config := router.config()
			test.prep(router, &config)
			inBubble(t, router, func(t *testing.T, ctx context.Context) {
				began := time.Now()
				if err := refused(t, ctx, config, test.step); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v", err)
				}
				if waited := time.Since(began); waited < DefaultDialTimeout || waited > DefaultDialTimeout+time.Second {
					t.Errorf("waited %v", waited)
				}
				ctx, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				refused(t, ctx, config, test.step)
			})
		})
	}
}

// TestHostsInOrder has the third of four hosts answer.
func TestHostsInOrder(t *testing.T) {
	router := newTestRouter(t, newQueueRouter().serve)
	config := router.config()
	config.Address.Hosts = []string{"a", "b", "c", "d"}
	var tried []string
	answering := config.Connect
	config.Connect = func(ctx context.Context, address string) (net.Conn, error) {
		tried = append(tried, address)
		switch {
		case address == "a:5223":
			return nil, io.ErrClosedPipe
		case address == "b:5223": // a router, but another one
			return (&testRouter{t: t, pair: keyPair(t, tls.Ed448)}).pipe(router)
		}
		return answering(ctx, address)
	}
	inBubble(t, router, func(t *testing.T, ctx context.Context) {
		c := router.dial(config)
		must(t, c.Ping(ctx))
		hangUp(c)
		if want := []string{"a:5223", "b:5223", "c:5223"}; fmt.Sprint(tried) != fmt.Sprint(want) {
			t.Errorf("tried %v, want %v", tried, want)
		}
		tried, config.Address.Port = nil, "443"
		hangUp(router.dial(config))
		if fmt.Sprint(tried) != "[a:443]" {
			t.Errorf("tried %v", tried)
		}
		config.Address.Hosts = nil
		if err := refused(t, ctx, config, StepConnect); !errors.Is(err, ErrNoHost) {
			t.Errorf("error %v", err)
		}
	})
}

// pipe connects to r; its goroutine counts as one of the other router.
func (r *testRouter) pipe(other *testRouter) (net.Conn, error) {
	client, server := net.Pipe()
	other.conns.Go(func() {
		defer server.Close()
		_ = tls.Server(server, &tls.Config{Certificates: []*tls.KeyPair{r.pair}}).Handshake(context.Background())
	})
	return client, nil
}

// TestLongChains connects to routers with a chain of 2, 3 and 4 certificates.
func TestLongChains(t *testing.T) {
	for n := 2; n <= 5; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			router := newTestRouter(t, newQueueRouter().serve)
			router.pair = chainOf(t, n)
			inBubble(t, router, func(t *testing.T, ctx context.Context) {
				if n > 4 {
					if err := refused(t, ctx, router.config(), StepTLS); !errors.Is(err, tls.ErrChainLength) {
						t.Errorf("error %v", err)
					}
					return
				}
				c := router.dial(router.config())
				must(t, c.Ping(ctx))
				if n := len(c.stream.tls.PeerChain()); n > 0 {
					t.Errorf("the client keeps %d certificates", n)
				}
				hangUp(c)
			})
		})
	}
}

// chainOf issues a chain of n certificates, leaf first, each signed by the next.
func chainOf(t *testing.T, n int) *tls.KeyPair {
	t.Helper()
	var pair tls.KeyPair
	var issuer *x509.Certificate
	var issuerKey ed25519.PrivateKey
	for i := n - 1; i >= 0; i-- {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		must(t, err)
		template := &x509.Certificate{
			SerialNumber:          big.NewInt(int64(i + 1)),
			Subject:               pkix.Name{CommonName: fmt.Sprint("certificate ", i)},
			NotBefore:             time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC),
			NotAfter:              time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC),
			BasicConstraintsValid: true,
			IsCA:                  i > 0,
		}
		if issuer == nil {
			issuer, issuerKey = template, private
		}
		der, err := x509.CreateCertificate(rand.Reader, template, issuer, public, issuerKey)
		must(t, err)
		issuer, issuerKey = template, private
		pair.Chain = append([][]byte{der}, pair.Chain...)
		pair.Key = private
	}
	return &pair
}

// TestSockets uses real ones, once: a local address, the port of the address, a host that refuses.
func TestSockets(t *testing.T) {
	router := newTestRouter(t, newQueueRouter().serve)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	router.conns.Go(func() {
		conn, err := listener.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		router.accept(conn)
	})
	config := router.config()
	config.Connect = nil
	config.Address.Hosts = []string{"127.0.0.1"}
	_, config.Address.Port, _ = net.SplitHostPort(listener.Addr().String())
	config.LocalAddr = netip.MustParseAddr("127.1.2.3")
	c := router.dial(config)
	if local := c.stream.conn.LocalAddr().(*net.TCPAddr).IP.String(); local != "127.1.2.3" {
		t.Errorf("local address %s", local)
	}
	must(t, c.Ping(context.Background()))
	hangUp(c)
	must(t, listener.Close())
	router.conns.Wait()
	refused(t, context.Background(), config, StepConnect)
}
