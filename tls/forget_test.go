package tls

import (
	"bytes"
	"crypto/cipher"
	"io"
	"net"
	"reflect"
	"testing"

	"switchyard/internal/remains"
)

// forgetful are the AEADs whose key can be overwritten.
func forgetful(a cipher.AEAD) bool {
	_, ok := a.(interface{ Forget() })
	return ok
}

// A connection that is forgotten leads to none of its keys, says why it opens nothing, and seals nothing.
func TestForget(t *testing.T) {
	for _, suite := range []CipherSuite{ChaCha20Poly1305SHA256, AES128GCMSHA256, AES256GCMSHA384} {
		config := clientConfig(Ed25519)
		config.CipherSuites = []CipherSuite{suite}
		client, server := established(t, config, serverConfig(Ed25519))
		record := client.Seal(nil, []byte("x"))
		for name, d := range map[string]*direction{"in": &server.in, "out": &server.out} {
			secret := bytes.Clone(d.secret[:server.suite.hashLen])
			key := trafficSecret(secret).key(server.suite)
			aead := d.aead
			if len(remains.Of(secret, server)) == 0 || forgetful(aead) && len(remains.Of(key, &aead)) == 0 {
				t.Fatalf("suite %x, %s: no key is there", suite, name)
			}
			d.forget()
			if places := remains.Of(secret, server); len(places) > 0 {
				t.Errorf("suite %x, %s: secret in %q", suite, name, places)
			}
			if places := remains.Of(key, &aead); forgetful(aead) && len(places) > 0 {
				t.Errorf("suite %x, %s: key in %q", suite, name, places)
			}
		}
		server.Forget()
		if server.in.aead != nil || server.out.aead != nil {
			t.Error("keys are left")
		}
		if _, err := server.Open(nil, record); err != net.ErrClosed {
			t.Error(err)
		}
		if out := server.Seal(nil, []byte("x")); len(out) > 0 || server.HasPending() || len(server.CloseNotify(nil)) > 0 ||
			len(server.KeyUpdate(nil, false)) > 0 || server.SealInPlace(make([]byte, 100), 1) != nil {
			t.Error("a record of a connection that is forgotten")
		}
		if server.SessionID() == nil {
			t.Error("no session ID")
		}
	}
}

// What a handshake has made for itself is overwritten when it is done, and so are keys that a KeyUpdate has replaced.
func TestHandshakeForgetsItsSecrets(t *testing.T) {
	for _, group := range []Group{X25519, X448} {
		config := clientConfig(Ed25519)
		config.Groups = []Group{group}
		client, server := NewClient(config), NewServer(serverConfig(Ed25519))
		_, toServer, _ := client.Advance(nil, nil)
		exchange := client.hs.exchange
		private := bytes.Clone(exchange.x25519[:])
		if group == X448 {
			private = bytes.Clone(exchange.x448[:])
		}
		_, toClient, err := server.Advance(toServer, nil)
		if err != nil {
			t.Fatal(err)
		}
		serverSide := server.hs
		secrets := [][]byte{bytes.Clone(serverSide.clientSecret), bytes.Clone(serverSide.serverSecret)}
		clientSide := client.hs
		if _, toServer, err = client.Advance(toClient, nil); err != nil {
			t.Fatal(err)
		}
		if _, _, err = server.Advance(toServer, nil); err != nil || !server.HandshakeDone() || !client.HandshakeDone() {
			t.Fatal(err)
		}
		beyond := reflect.TypeFor[cipher.AEAD]()
		for i, h := range []*handshake{clientSide, serverSide} {
			for _, secret := range secrets {
				if places := remains.Of(secret, h); len(places) > 0 {
					t.Errorf("side %d: %q", i, places)
				}
			}
			if h.master.secret != nil && !bytes.Equal(h.master.secret, make([]byte, len(h.master.secret))) {
				t.Errorf("side %d: the master secret is there", i)
			}
		}
		if places := remains.Of(private, exchange); len(places) > 0 {
			t.Errorf("private key of the exchange: %q", places)
		}
		before := bytes.Clone(client.out.secret[:client.suite.hashLen])
		aead, key := client.out.aead, trafficSecret(before).key(client.suite)
		client.KeyUpdate(nil, false)
		if places := remains.Of(before, client, beyond); len(places) > 0 {
			t.Errorf("secret before the update: %q", places)
		}
		if places := remains.Of(key, &aead); forgetful(aead) && len(places) > 0 {
			t.Errorf("key before the update: %q", places)
		}
	}
}

// A connection that fails in its handshake, or is closed, is forgotten by its owner.
func TestNetConnForgets(t *testing.T) {
	near, far := net.Pipe()
	server := Server(far, serverConfig(Ed25519))
	done := make(chan error, 1)
	go func() { done <- server.Handshake(t.Context()) }()
	client := Client(near, clientConfig(Ed25519))
	if err := client.Handshake(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, far)
	secret := bytes.Clone(client.tls.out.secret[:client.tls.suite.hashLen])
	if len(remains.Of(secret, client.tls)) == 0 {
		t.Fatal("no secret is there")
	}
	client.Close()
	if places := remains.Of(secret, client.tls); len(places) > 0 {
		t.Errorf("%q", places)
	}
	if _, err := client.Write([]byte("x")); err == nil {
		t.Error("written to a closed connection")
	}

	near, far = net.Pipe()
	client = Client(near, clientConfig(Ed25519))
	go func() {
		io.ReadFull(far, make([]byte, 100))
		far.Close()
	}()
	if err := client.Handshake(t.Context()); err == nil || client.tls.hs != nil {
		t.Error("a handshake that failed is kept:", err)
	}
}
