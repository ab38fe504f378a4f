package engine_test

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/smp/client"
)

// forwarder does by hand what a client and its proxy do, so that each layer can be wrong.
type forwarder struct {
	*rawClient
	outer  [32]byte // subkey of the proxy's session with the router
	router [32]byte // the router's key of the hello
}

// asProxy connects as a proxy does: with a key, and plain blocks.
func (r *testRouter) asProxy(t testing.TB, v smp.Version) *forwarder {
	t.Helper()
	f := &forwarder{rawClient: r.rawTLS(t)}
	hello := f.serverHello()
	f.version, f.sessionID = v, hello.SessionID
	signed, err := box.ParseSignedKey(hello.CertKey.SignedKey)
	if err != nil {
		t.Fatal(err)
	}
	f.router, err = box.ParseX25519(signed.SPKI)
	if err != nil {
		t.Fatal(err)
	}
	public, subkey := freshKey(t, &f.router)
	f.outer = subkey
	f.send(smp.AppendClientHello(nil, &smp.ClientHello{Version: v, KeyHash: r.address.KeyHash[:], PublicKey: public, Proxy: true}))
	return f
}

// freshKey makes an X25519 key, and the subkey of its secret with another one.
func freshKey(t testing.TB, theirs *[32]byte) (public []byte, subkey [32]byte) {
	t.Helper()
	key, err := box.GenerateKey(box.X25519, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	scalar, _ := key.X25519()
	var secret [32]byte
	if err := box.DH(&secret, scalar, theirs); err != nil {
		t.Fatal(err)
	}
	box.Precompute(&subkey, &secret)
	spki := key.Public()
	return spki.AppendSPKI(nil), subkey
}

func nonceOf(corrID string, reverse bool) *[24]byte {
	var n [24]byte
	box.FitNonce(&n, []byte(corrID))
	if reverse {
		box.ReverseNonce(&n, &n)
	}
	return &n
}

// forwardedText is a command for RFWD: what the sender would send, and how its answer is read.
type forwardedText struct {
	version smp.Version
	corrID  string
	content []byte // a batch
	spoil   string // layer that is wrong
}

// forward sends RFWD and returns the response: what is inside RRES, or the error outside of it.
func (f *forwarder) forward(c forwardedText) string {
	f.t.Helper()
	public, subkey := freshKey(f.t, &f.router)
	padded, err := box.Pad(make([]byte, box.TagSize), c.content, smp.ForwardedPadded)
	if err != nil {
		f.t.Fatal(err)
	}
	if c.spoil == "padding" {
		copy(padded[box.TagSize:], []byte{0xff, 0xff})
	}
	box.Seal(padded, nonceOf(c.corrID, false), &subkey)
	if c.spoil == "inner box" {
		padded[100] ^= 1
	}
	outer := smp.AppendForwarded(make([]byte, box.TagSize), []byte(c.corrID), smp.PFWDParams{Version: c.version, Key: public, Encrypted: padded})
	switch c.spoil {
	case "key":
		outer[box.TagSize+1+len(c.corrID)+2+1] ^= 1
	case "cut":
		outer = outer[:box.TagSize+10]
	}
	box.Seal(outer, nonceOf("proxy", false), &f.outer)
	switch c.spoil {
	case "outer box":
		outer[100] ^= 1
	case "short":
		outer = outer[:box.TagSize-1]
	}
	got := f.ask(f.transmission(nil, "proxy", "", string(smp.AppendRFWD(nil, outer))))[0]
	if string(got.CorrID) != "proxy" || len(got.EntityID) > 0 {
		f.t.Fatalf("response for %q and entity %x", got.CorrID, got.EntityID)
	}
	sealed, ok := bytes.CutPrefix(got.Command, []byte("RRES "))
	if !ok {
		return string(got.Command)
	}
	return f.unwrap(sealed, c, &subkey)
}

func (f *forwarder) unwrap(sealed []byte, c forwardedText, subkey *[32]byte) string {
	f.t.Helper()
	plain, ok := box.Open(sealed, nonceOf("proxy", true), &f.outer)
	if !ok {
		f.t.Fatal("the outer box of the response does not open")
	}
	corrID, inner, ok := smp.ParseForwardedResponse(plain)
	if !ok || string(corrID) != c.corrID || len(inner) != smp.ForwardedEnvelope {
		f.t.Fatalf("response of %d bytes for %q", len(inner), corrID)
	}
	content, ok := box.OpenUsed(inner, nonceOf(c.corrID, true), subkey)
	if !ok {
		f.t.Fatal("the inner box of the response does not open")
	}
	batch, ok := smp.ParseBatch(content)
	if !ok || batch.Len() != 1 {
		f.t.Fatal("the response is no batch of one")
	}
	raw, _ := batch.Next()
	tr, err := smp.ParseResponseTransmission(c.version, f.sessionID, raw)
	if !err.IsZero() {
		f.t.Fatal(err)
	}
	return "in: " + string(tr.CorrID) + "|" + string(tr.EntityID) + "|" + string(tr.Command)
}

// inner encodes a transmission for version v by the session of the proxy.
func (f *forwarder) inner(v smp.Version, auth []byte, corrID, entityID, command string) []byte {
	at := *f.rawClient
	at.version = v
	return at.transmission(auth, corrID, entityID, command)
}

// The destination's side of forwarding, layer by layer: each has the error that the reference answers, outside of
// RRES as long as the sender is not known, inside for what the sender has done.
func TestForwardedCommandErrors(t *testing.T) {
	r := startRouter(t)
	f := r.asProxy(t, 18)
	ping := f.inner(18, nil, "c", "", "PING")
	send := f.inner(18, nil, "c", "nobody", "SEND F hi")
	one := smp.AppendBatch(nil, send)
	for _, tc := range []struct {
		name    string
		content []byte
		spoil   string
		want    string
	}{
		{"outer box shorter than its tag", one, "short", "ERR CRYPTO"},
		{"outer box changed", one, "outer box", "ERR CRYPTO"},
		{"outer box without key and version", one, "cut", "ERR CMD SYNTAX"},
		{"key that is none", one, "key", "ERR CMD SYNTAX"},
		{"inner box changed", one, "inner box", "ERR CRYPTO"},
		{"inner length beyond its box", one, "padding", "ERR CRYPTO"},
		{"two transmissions", smp.AppendBatch(nil, send, send), "", "ERR BLOCK"},
		{"no batch", []byte{0}, "", "in: ||ERR BLOCK"},
		{"empty content", nil, "", "in: ||ERR BLOCK"},
		{"transmission that is none", smp.AppendBatch(nil, []byte{9}), "", "in: ||ERR BLOCK"},
		{"authenticator of no kind", smp.AppendBatch(nil, f.inner(18, make([]byte, 65), "c", "e", "SEND F hi")), "", "in: c||ERR BLOCK"},
		{"unknown command", smp.AppendBatch(nil, f.inner(18, nil, "c", "e", "HELLO")), "", "in: c|e|ERR CMD UNKNOWN"},
		{"SEND without parameters", smp.AppendBatch(nil, f.inner(18, nil, "c", "e", "SEND")), "", "in: c|e|ERR CMD SYNTAX"},
		{"SEND without entity", smp.AppendBatch(nil, f.inner(18, nil, "c", "", "SEND F hi")), "", "in: c||ERR CMD NO_ENTITY"},
		{"PING", smp.AppendBatch(nil, ping), "", "in: c||ERR CMD PROHIBITED"},
		{"SUB", smp.AppendBatch(nil, f.inner(18, make([]byte, 64), "c", "e", "SUB")), "", "in: c|e|ERR CMD PROHIBITED"},
		{"RFWD in RFWD", smp.AppendBatch(nil, f.inner(18, nil, "c", "", "RFWD x")), "", "in: c||ERR CMD PROHIBITED"},
		{"SEND to no queue", one, "", "in: c|nobody|ERR AUTH"},
	} {
		if got := f.forward(forwardedText{18, "sender", tc.content, tc.spoil}); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	if got := f.ask(f.transmission(nil, "p", "", "PING"))[0]; string(got.Command) != "PONG" {
		t.Errorf("PING afterwards: %q", got.Command)
	}
	plain := r.rawDial(t, 18)
	if got := plain.ask(plain.transmission(nil, "c", "", "RFWD x"))[0]; string(got.Command) != "ERR PROXY BROKER TRANSPORT NO_AUTH" {
		t.Errorf("RFWD of a client without a key: %q", got.Command)
	}
}

// Every version that a sender may have agreed on, whatever the version of the proxy; also for clients that are no proxy.
func TestForwardedVersions(t *testing.T) {
	r := startRouter(t)
	owner := r.dial(t)
	q, err := owner.NewQueue(testContext(t), client.QueueParams{Subscribe: true})
	if err != nil {
		t.Fatal(err)
	}
	f := r.asProxy(t, 18)
	for _, v := range []smp.Version{0, 6, 7, 8, 10, 11, 18, 19, 65535} {
		body := strings.Repeat("x", smp.MaxBody(v))
		content := smp.AppendBatch(nil, f.inner(v, nil, "c", string(q.SenderID), "SEND T "+body))
		if got, want := f.forward(forwardedText{version: v, corrID: "sender", content: content}), "in: c|"+string(q.SenderID)+"|OK"; got != want {
			t.Errorf("version %d: %q, want %q", v, got, want)
			continue
		}
		m := receive(t, owner, q)
		if string(m.Body) != body || !m.Notify {
			t.Errorf("version %d: a message of %d bytes arrived", v, len(m.Body))
		}
		if _, err := owner.Ack(testContext(t), q, m.ID); err != nil {
			t.Error(err)
		}
	}
}
