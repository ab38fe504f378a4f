package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"switchyard/tls"
)

// writeCredential puts a certificate and its key into files, as the runner does.
func writeCredential(t *testing.T) (certFile, keyFile string, pair *tls.KeyPair) {
	t.Helper()
	ca, caKey, err := tls.IssueCA(tls.Ed25519, "authority", "", time.Now().Add(-time.Hour))
	must(t, err)
	authority, err := tls.ParseKeyPair(ca, caKey)
	must(t, err)
	leaf, key, err := tls.IssueLeaf(authority, tls.Ed25519, "localhost", time.Now().Add(-time.Hour))
	must(t, err)
	pair, err = tls.ParseKeyPair(leaf, key)
	must(t, err)
	certFile, keyFile = filepath.Join(t.TempDir(), "cert"), filepath.Join(t.TempDir(), "key")
	must(t, os.WriteFile(certFile, leaf, 0o600))
	must(t, os.WriteFile(keyFile, key, 0o600))
	return certFile, keyFile, pair
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// runCase runs the shim with flags against peer, which is given the runner's end of the connection behind the shim's ID.
func runCase(t *testing.T, peer func(net.Conn) error, flags ...string) error {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	c, err := parseCase(append(flags, "-port", port, "-shim-id", "7"))
	must(t, err)
	result := make(chan error, 1)
	go func() { result <- c.connections[0].run(c) }()
	socket, err := listener.Accept()
	must(t, err)
	defer socket.Close()
	var id [8]byte
	if _, err := io.ReadFull(socket, id[:]); err != nil || binary.LittleEndian.Uint64(id[:]) != 7 {
		t.Fatalf("shim ID %x, %v", id, err)
	}
	if err := peer(socket); err != nil {
		t.Errorf("the runner's side: %v", err)
	}
	socket.Close()
	return <-result
}

func anyone([][]byte) error { return nil }

// echoed sends a message and wants it back flipped.
func echoed(conn *tls.NetConn) error {
	if err := conn.Handshake(context.Background()); err != nil {
		return err
	}
	message := bytes.Repeat([]byte{0x42}, 40000)
	go conn.Write(message)
	back := make([]byte, len(message))
	if _, err := io.ReadFull(conn, back); err != nil {
		return err
	}
	if want := bytes.Repeat([]byte{^byte(0x42)}, len(message)); !bytes.Equal(back, want) {
		return fmt.Errorf("the echo is not the message flipped")
	}
	return conn.Close()
}

func TestShimAsServer(t *testing.T) {
	certFile, keyFile, _ := writeCredential(t)
	peer := func(socket net.Conn) error {
		return echoed(tls.Client(socket, &tls.Config{VerifyPeer: anyone, ServerName: "test", ALPN: []string{"foo"}}))
	}
	common := []string{"-server", "-curves", "29", "-cert-file", certFile, "-key-file", keyFile}
	must(t, runCase(t, peer, append(common, "-expect-server-name", "test", "-select-alpn", "foo", "-expect-hrr")...))
	if err := runCase(t, func(socket net.Conn) error {
		peer(socket) // the shim has hung up, or not yet
		return nil
	}, append(common, "-expect-no-hrr")...); err == nil {
		t.Error("the shim does not see a HelloRetryRequest")
	}
}

func TestShimAsClient(t *testing.T) {
	_, _, pair := writeCredential(t)
	peer := func(socket net.Conn) error {
		return echoed(tls.Server(socket, &tls.Config{Certificates: []*tls.KeyPair{pair}}))
	}
	must(t, runCase(t, peer, "-async", "-check-close-notify", "-key-update", "-x448-first", "-expect-no-hrr"))
	refused := func(socket net.Conn) error {
		if err := tls.Server(socket, &tls.Config{Certificates: []*tls.KeyPair{pair}}).Handshake(context.Background()); err == nil {
			return fmt.Errorf("the client took the certificate")
		}
		return nil
	}
	if err := runCase(t, refused, "-verify-peer", "-verify-fail"); err == nil {
		t.Error("the shim does not say that it refused the certificate")
	}
}

func TestLeftOut(t *testing.T) {
	for _, test := range []struct {
		args []string
		want error
	}{
		{[]string{"-server", "-case", "Basic"}, nil},
		{[]string{"-dtls", "-mtu", "100"}, dtls},
		{[]string{"-max-version", "771"}, older},
		{[]string{"-runner-max-version", "771"}, older},
		{[]string{"-runner-max-version", "771", "-min-version", "772"}, nil},
		{[]string{"-runner-without-ed25519"}, keys},
		{[]string{"-verify-prefs", "2055", "-verify-prefs", "1027"}, keys},
		{[]string{"-verify-prefs", "2055"}, nil},
		{[]string{"-curves", "23"}, groups},
		{[]string{"-curves", "23", "-curves", "29", "-key-shares", "29"}, nil},
		{[]string{"-resume-count", "1"}, resumption},
		{[]string{"-resume-count", "1", "-on-resume-expect-session-miss"}, nil},
		{[]string{"-on-resume-enable-early-data"}, resumption},
		{[]string{"-what-is-this", "value", "-case", "A"}, unknownFlag},
		{[]string{"-case", "CheckRecordVersion-TLS13"}, leftOut("RFC 8446 section 5.1 wants the version of a record ignored; " +
			"BoringSSL refuses all but 0x0303")},
	} {
		if _, err := parseCase(test.args); err != test.want {
			t.Errorf("%q: %v, want %v", test.args, err, test.want)
		}
	}
}
