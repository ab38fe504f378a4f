package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"

	"switchyard/box"
	"switchyard/internal/reverseproxy"
	"switchyard/smp"
	"switchyard/smp/client"
	"switchyard/tls"
)

// behindProxy are the settings of a router behind a proxy on this machine, which counts every address, and takes one connection
// of each.
var behindProxy = []string{
	"# proxy_protocol = 192.0.2.1, 2001:db8::/64", "proxy_protocol = 127.0.0.1",
	"# connections_per_address = 0", "connections_per_address = 1",
	"# unlimited_addresses = 127.0.0.0/8, ::1/128", "unlimited_addresses =",
}

// from connects to a port from an address of the loopback interface.
func from(t *testing.T, address, port string) net.Conn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	c, err := d.DialContext(testContext(t), "tcp", net.JoinHostPort("127.0.0.1", port))
	check(t, err)
	t.Cleanup(func() { c.Close() })
	return c
}

// closed checks that a router closes a connection without a word but an alert of TLS.
func closed(t *testing.T, what string, c net.Conn) {
	t.Helper()
	if got, _ := io.ReadAll(c); len(got) > 0 && got[0] != 21 { // an alert
		t.Errorf("%s: the router says %q", what, got)
	}
}

// TestReverseProxies: through each proxy clients of SMP exchange messages, and the router counts them by their own addresses. What
// comes from the proxy's address without a header, or with one from elsewhere, is closed.
func TestReverseProxies(t *testing.T) {
	for _, kind := range reverseproxy.Kinds {
		t.Run(string(kind), func(t *testing.T) {
			web, err := freePort()
			check(t, err)
			port, err := freePort()
			check(t, err)
			p := setUp(t, t.TempDir(), port, append([]string{
				"websockets = off", "websockets = " + web, "# https = 443", "https = " + port, "# cert = ", "cert = ", "# key = ", "key = ",
			}, behindProxy...)...)
			_, key, err := ed25519.GenerateKey(rand.Reader)
			check(t, err)
			p.webCertificate("page", key)
			p.start()
			router := p.address.Port
			front := reverseproxy.Start(t, kind, net.JoinHostPort("127.0.0.1", router))
			ctx := testContext(t)
			dial := func(port, address string) (*client.Client, error) {
				config := client.Defaults(p.address)
				config.Address.Port, config.LocalAddr = port, netip.MustParseAddr(address)
				c, err := client.Dial(ctx, config)
				if err == nil {
					t.Cleanup(c.Close)
				}
				return c, err
			}
			receiver, err := dial(front, "127.0.0.2")
			check(t, err)
			sender, err := dial(front, "127.0.0.3")
			check(t, err)
			q, err := receiver.NewQueue(ctx, client.QueueParams{Subscribe: true})
			check(t, err)
			check(t, sender.Send(ctx, q.Sender(nil), false, []byte("by way of a proxy")))
			e := <-receiver.Events()
			if m, err := q.Open(e.MsgID, e.Body); err != nil || !bytes.Equal(m.Body, []byte("by way of a proxy")) {
				t.Errorf("%+v, %v", m, err)
			}
			if _, err := dial(front, "127.0.0.2"); err == nil {
				t.Error("a second connection of an address comes in through the proxy")
			}
			if _, err := dial(router, "127.0.0.2"); err == nil {
				t.Error("a second connection of an address comes in beside the proxy")
			}
			direct, err := dial(router, "127.0.0.4")
			check(t, err)
			check(t, direct.Ping(ctx))

			webFront := reverseproxy.Start(t, kind, net.JoinHostPort("127.0.0.1", web))
			pingWebSocket(t, from(t, "127.0.0.5", webFront), p.address.KeyHash)
			second := from(t, "127.0.0.5", webFront)
			closed(t, "a second connection of WebSocket", second)

			if page := reverseproxy.Page(t, "127.0.0.7", front); !strings.Contains(page, "</html>") {
				t.Errorf("the page is %q", page)
			}

			bare := from(t, "127.0.0.1", router)
			_, err = bare.Write([]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00"))
			check(t, err)
			closed(t, "no header", bare)
			half := from(t, "127.0.0.1", router)
			_, err = half.Write([]byte("PROXY TCP4 192.0.2.7"))
			check(t, err)
			check(t, half.(*net.TCPConn).CloseWrite())
			closed(t, "half a header", half)
			stranger := from(t, "127.0.0.6", router)
			_, err = stranger.Write([]byte("PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n"))
			check(t, err)
			closed(t, "a stranger's header", stranger)
			p.stop()
			for _, want := range []string{"closed.source=3 ", "closed.proxy_header=2 ", "closed.tls=1"} {
				if !strings.Contains(p.log()+" ", want) {
					t.Errorf("no %s: %s", want, p.log())
				}
			}
		})
	}
}

// pingWebSocket greets a router by WebSocket, and exchanges PING and PONG.
func pingWebSocket(t *testing.T, socket net.Conn, keyHash [32]byte) {
	t.Helper()
	conn := tls.Client(socket, &tls.Config{ALPN: []string{"smp/1"}, VerifyPeer: func([][]byte) error { return nil }})
	check(t, conn.Handshake(testContext(t)))
	dialer := ws.Dialer{NetDial: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}
	_, early, _, err := dialer.Dial(testContext(t), "ws://"+socket.RemoteAddr().String()+"/")
	check(t, err)
	var stream io.ReadWriter = conn
	if early != nil { // the hello came in one read with the response
		stream = struct {
			io.Reader
			io.Writer
		}{early, conn}
	}
	receive := func() []byte {
		t.Helper()
		var block []byte
		for len(block) < smp.BlockSize {
			part, err := wsutil.ReadServerBinary(stream)
			check(t, err)
			block = append(block, part...)
		}
		content, err := box.Unpad(block)
		check(t, err)
		return content
	}
	send := func(content []byte) {
		t.Helper()
		block, err := box.Pad(nil, content, smp.BlockSize)
		check(t, err)
		check(t, wsutil.WriteClientBinary(stream, block))
	}
	const version = 19
	hello, ok := smp.ParseServerHello(receive())
	if !ok {
		t.Fatal("the router's hello does not parse")
	}
	send(smp.AppendClientHello(nil, &smp.ClientHello{Version: version, KeyHash: keyHash[:]}))
	ping := smp.AppendAuthorized(nil, hello.SessionID, []byte("1"), nil, []byte("PING"))
	send(smp.AppendBatch(nil, smp.AppendTransmission(nil, version, hello.SessionID, nil, nil, ping[1+len(hello.SessionID):])))
	if answer := receive(); !bytes.Contains(answer, []byte("PONG")) {
		t.Fatalf("PING is answered %q", answer)
	}
}
