package tls

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

// netPair is two established faces on sockets, and the sockets.
func netPair(t *testing.T) (client, server *NetConn) {
	t.Helper()
	rawClient, rawServer := localPipe(t)
	client, server = Client(rawClient, clientConfig(Ed25519)), Server(rawServer, serverConfig(Ed25519))
	done := make(chan error, 1)
	go func() { done <- server.Handshake(t.Context()) }()
	if err := client.Handshake(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return client, server
}

func TestNetConn(t *testing.T) {
	rawClient, rawServer := localPipe(t)
	client, server := Client(rawClient, clientConfig(Ed25519)), Server(rawServer, serverConfig(Ed25519))
	converse(t, client, server)
	if !bytes.Equal(client.SessionID(), server.SessionID()) || client.CipherSuite() != ChaCha20Poly1305SHA256 || server.Group() != X448 ||
		len(client.PeerChain()) != 2 || client.ServerName() != "" {
		t.Error("the sides disagree")
	}
	if client.LocalAddr().String() != server.RemoteAddr().String() || client.RemoteAddr().String() != server.LocalAddr().String() {
		t.Error("addresses are not the sockets'")
	}
}

// TestNetConnLazily: Read and Write do the handshake themselves.
func TestNetConnLazily(t *testing.T) {
	rawClient, rawServer := localPipe(t)
	client, server := Client(rawClient, clientConfig(Ed25519)), Server(rawServer, serverConfig(Ed25519))
	go server.Write([]byte("block"))
	got := make([]byte, 2)
	for _, want := range []string{"bl", "oc", "k"} { // in pieces smaller than the record
		if n, err := client.Read(got); err != nil || string(got[:n]) != want {
			t.Errorf("read %q, %v", got[:n], err)
		}
	}
}

// TestNetConnBothWays: readers and writers at once, with key updates among them; for the race detector.
func TestNetConnBothWays(t *testing.T) {
	client, server := netPair(t)
	var wg sync.WaitGroup
	const n, size = 40, 16384
	for _, c := range []*NetConn{client, server} {
		wg.Go(func() {
			for i := range n {
				if _, err := c.Write(bytes.Repeat([]byte{byte(i)}, size)); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for i := range n / 4 {
				if err := c.KeyUpdate(i%2 == 0); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			block := make([]byte, size)
			for i := range n {
				if _, err := io.ReadFull(c, block); err != nil || !bytes.Equal(block, bytes.Repeat([]byte{byte(i)}, size)) {
					t.Errorf("block %d: %v", i, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestNetConnKeyUpdateIdle: a side that only reads answers a KeyUpdate.
func TestNetConnKeyUpdateIdle(t *testing.T) {
	client, server := netPair(t)
	before := client.tls.in.secret
	must(client.KeyUpdate(true))
	client.Write([]byte("a"))
	one := make([]byte, 1)
	if _, err := server.Read(one); err != nil {
		t.Fatal(err)
	}
	server.Write([]byte("b"))
	if _, err := client.Read(one); err != nil || client.tls.in.secret == before {
		t.Errorf("no answer to a KeyUpdate, %v", err)
	}
}

// TestNetConnTimeout: a Read that times out in the middle of a record can be repeated.
func TestNetConnTimeout(t *testing.T) {
	client, server := netPair(t)
	record := server.tls.Seal(nil, []byte("slow data"))
	buf := make([]byte, 100)
	for _, piece := range [][]byte{record[:3], record[3:20], record[20 : len(record)-1]} {
		if _, err := server.raw.Write(piece); err != nil {
			t.Fatal(err)
		}
		client.SetReadDeadline(time.Now().Add(time.Millisecond))
		if n, err := client.Read(buf); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read %d, %v", n, err)
		}
	}
	client.SetReadDeadline(time.Time{})
	server.raw.Write(record[len(record)-1:])
	if n, err := client.Read(buf); string(buf[:n]) != "slow data" || err != nil {
		t.Errorf("read %q, %v", buf[:n], err)
	}
	client.SetWriteDeadline(time.Unix(1, 0))
	if _, err := client.Write(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("write: %v", err)
	}
}

func TestNetConnClose(t *testing.T) {
	client, server := netPair(t)
	must(client.CloseWrite())
	if _, err := client.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write after CloseWrite: %v", err)
	}
	if n, err := server.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("read after close_notify: %d, %v", n, err)
	}
	go func() {
		server.Write([]byte("last words"))
		server.Close()
	}()
	if got, err := io.ReadAll(client); string(got) != "last words" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	must(client.Close())
	if err := client.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("second Close: %v", err)
	}
}

// TestNetConnCut: a stream without close_notify is told from one with it.
func TestNetConnCut(t *testing.T) {
	for n := range 30 {
		client, server := netPair(t)
		server.raw.Write(server.tls.Seal(nil, []byte("data"))[:min(n, 25)])
		server.raw.Close()
		if _, err := client.Read(make([]byte, 9)); err != io.ErrUnexpectedEOF {
			t.Errorf("cut after %d: %v", n, err)
		}
	}
}

// TestNetConnGarbage: what does not authenticate, or is no record at all, is answered with an alert.
func TestNetConnGarbage(t *testing.T) {
	for alert, garbage := range map[Alert][]byte{
		AlertBadRecordMAC:      make23(40),
		AlertUnexpectedMessage: []byte("not TLS at all"),
		AlertRecordOverflow:    {23, 3, 3, 0xff, 0xff},
	} {
		client, server := netPair(t)
		server.raw.Write(garbage)
		_, err := client.Read(make([]byte, 9))
		wantAlert(t, err, alert)
		_, err = server.Read(make([]byte, 9))
		wantRemote(t, err, alert)
		if _, err := client.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write after an alert: %v", err)
		}
	}
}

func TestNetConnHandshakeFails(t *testing.T) {
	rawClient, rawServer := localPipe(t)
	client, server := Client(rawClient, &Config{VerifyPeer: func([][]byte) error { return ErrUnknownCA }}), Server(rawServer, serverConfig(Ed25519))
	done := make(chan error, 1)
	go func() { done <- server.Handshake(t.Context()) }()
	for range 2 { // the error stays
		if err := client.Handshake(t.Context()); !errors.Is(err, ErrUnknownCA) {
			t.Errorf("client: %v", err)
		}
	}
	wantRemote(t, <-done, AlertUnknownCA)
	if _, err := client.Read(nil); !errors.Is(err, ErrUnknownCA) {
		t.Errorf("read: %v", err)
	}
	if _, err := client.Write(nil); !errors.Is(err, ErrUnknownCA) {
		t.Errorf("write: %v", err)
	}
	must(client.Close())
}

// TestNetConnContext: a handshake whose peer says nothing ends with its context.
func TestNetConnContext(t *testing.T) {
	rawClient, _ := localPipe(t)
	client := Client(rawClient, clientConfig(Ed25519))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- client.Handshake(ctx) }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("handshake: %v", err)
	}
	rawClient, rawServer := localPipe(t)
	rawServer.Close()
	if err := Client(rawClient, clientConfig(Ed25519)).Handshake(t.Context()); err == nil {
		t.Error("handshake with nobody")
	}
}

// BenchmarkNetConn is a 16 KiB block each way between two sockets.
func BenchmarkNetConn(b *testing.B) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	defer listener.Close()
	go func() {
		raw, err := listener.Accept()
		must(err)
		server := Server(raw, serverConfig(Ed25519))
		io.Copy(server, server)
	}()
	raw, err := net.Dial("tcp", listener.Addr().String())
	must(err)
	client := Client(raw, clientConfig(Ed25519))
	defer client.Close()
	block := make([]byte, 16384)
	b.SetBytes(2 * 16384)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Write(block); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(client, block); err != nil {
			b.Fatal(err)
		}
	}
}
