package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"net"
	"strings"
	"syscall"
	"testing"

	"switchyard/box"
	"switchyard/internal/reverseproxy"
	"switchyard/xftp"
	"switchyard/xftp/client"
)

// TestReverseProxies: through each proxy a packet is sent, and the router counts clients by their own addresses.
func TestReverseProxies(t *testing.T) {
	for _, kind := range reverseproxy.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			p := newProcess(t, "# proxy_protocol = 192.0.2.1, 2001:db8::/64", "proxy_protocol = 127.0.0.1",
				"# connections_per_address = 0", "connections_per_address = 1",
				"# unlimited_addresses = 127.0.0.0/8, ::1/128", "unlimited_addresses =")
			p.start()
			front := reverseproxy.Start(t, kind, net.JoinHostPort("127.0.0.1", p.port))
			dial := func(source string) (*client.Conn, error) {
				c, err := client.Dial(ctx, client.Config{Address: p.address, Connect: func(ctx context.Context, _ string) (net.Conn, error) {
					d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
					return d.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", front))
				}})
				if err == nil {
					t.Cleanup(func() { c.Close() })
				}
				return c, err
			}
			c, err := dial("127.0.0.2")
			check(t, err)
			key, err := box.GenerateKey(box.Ed25519, rand.Reader)
			check(t, err)
			body := make([]byte, xftp.Size64K)
			sum := sha256.Sum256(body)
			id, _, err := c.Create(ctx, key, client.Packet{Size: xftp.Size64K, Digest: sum[:], Recipients: []box.PublicKey{key.Public()}})
			check(t, err)
			check(t, c.Upload(ctx, key, id, bytes.NewReader(body), xftp.Size64K))
			if _, err := dial("127.0.0.2"); err == nil {
				t.Error("a second connection of an address comes in")
			}
			other, err := dial("127.0.0.3")
			check(t, err)
			check(t, other.Ping(ctx))
			bare, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", p.port))
			check(t, err)
			defer bare.Close()
			_, err = bare.Write([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
			check(t, err)
			if n, err := bare.Read(make([]byte, 1)); n > 0 || err == nil {
				t.Error("a connection without a header is answered")
			}
			p.stop(syscall.SIGTERM)
			for _, want := range []string{"closed.source=1", "closed.proxy_header=1"} {
				if !strings.Contains(p.log(), want) {
					t.Errorf("no %s: %s", want, p.log())
				}
			}
		})
	}
}
