package engine_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"strings"
	"testing"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/smp/client"
)

// signature has the size of a signature and is none.
var signature = bytes.Repeat([]byte{7}, 64)

// What a malformed command is answered, with the connection kept: the reference's cases for commands without a queue.
func TestFact01To18MalformedCommands(t *testing.T) {
	keys := func() string {
		pub, _, _ := ed25519.GenerateKey(rand.Reader)
		k, _ := box.NewPublicKey(box.Ed25519, pub)
		d, _ := box.NewPublicKey(box.X25519, bytes.Repeat([]byte{9}, 32))
		return string(smp.AppendShort(smp.AppendShort(nil, k.AppendSPKI(nil)), d.AppendSPKI(nil)))
	}()
	newQueue := "NEW " + keys + "0S00"
	key := "KEY " + keys[:45]
	cases := []struct {
		name, entity, command string
		auth                  []byte
		want                  string
	}{
		{"unknown command", "1234", "HELLO", nil, "ERR CMD UNKNOWN"},
		{"NEW without parameters", "", "NEW", signature, "ERR CMD SYNTAX"},
		{"NEW with a string before the keys", "", "NEW \x01A" + keys + "0S00", signature, "ERR CMD SYNTAX"},
		{"NEW without authorization", "", newQueue, nil, "ERR CMD NO_AUTH"},
		{"NEW with an entity", "12345678", newQueue, signature, "ERR CMD HAS_AUTH"},
		{"NEW with a bad signature", "", newQueue, signature, "ERR AUTH"},
		{"KEY of no queue", "12345678", key, signature, "ERR AUTH"},
		{"KEY without parameters", "12345678", "KEY", signature, "ERR CMD SYNTAX"},
		{"KEY without authorization", "12345678", key, nil, "ERR CMD NO_AUTH"},
		{"KEY without entity", "", key, signature, "ERR CMD NO_AUTH"},
		{"SUB of no queue", "12345678", "SUB", signature, "ERR AUTH"},
		{"OFF of no queue", "12345678", "OFF", signature, "ERR AUTH"},
		{"DEL of no queue", "12345678", "DEL", signature, "ERR AUTH"},
		{"SUB with parameters", "12345678", "SUB ", signature, "ERR CMD SYNTAX"},
		{"tag with trailing junk", "12345678", "SUB=", signature, "ERR CMD UNKNOWN"},
		{"SUB without authorization", "12345678", "SUB", nil, "ERR CMD NO_AUTH"},
		{"SUB without entity", "", "SUB", signature, "ERR CMD NO_AUTH"},
		{"SEND to no queue", "12345678", "SEND F hello", signature, "ERR AUTH"},
		{"SEND without authorization to no queue", "12345678", "SEND F hello", nil, "ERR AUTH"},
		{"SEND without parameters", "12345678", "SEND", signature, "ERR CMD SYNTAX"},
		{"SEND without entity", "", "SEND F hello", signature, "ERR CMD NO_ENTITY"},
		{"PING", "", "PING", nil, "PONG"},
		{"PING with authorization", "", "PING", signature, "ERR CMD HAS_AUTH"},
		{"response as a command", "12345678", "OK", signature, "ERR CMD UNKNOWN"},
		{"ACK with the wrong length", "12345678", "ACK \x051234", signature, "ERR CMD SYNTAX"},
	}
	r := startRouter(t)
	for _, v := range []smp.Version{17, 19} {
		c := r.rawDial(t, v)
		for _, tc := range cases {
			got := c.ask(c.transmission(tc.auth, "corr", tc.entity, tc.command))[0]
			if string(got.Command) != tc.want || string(got.CorrID) != "corr" || string(got.EntityID) != tc.entity {
				t.Errorf("v%d %s: %q for corrId %q entity %q, want %q", v, tc.name, got.Command, got.CorrID, got.EntityID, tc.want)
			}
		}
	}
}

// What a malformed transmission or block is answered, with the connection kept.
func TestMalformedBlocks(t *testing.T) {
	r := startRouter(t)
	c := r.rawDial(t, 19)
	ping := func(c *rawClient) []byte { return c.transmission(nil, "p", "", "PING") }
	short := func(n int) []byte { return bytes.Repeat([]byte{1}, n) }
	content := func(ts ...[]byte) []byte { return smp.AppendBatch(nil, ts...) }
	cases := []struct {
		name    string
		content []byte
		want    []string // corrId, entity and response, joined
	}{
		{"empty content", nil, []string{"||ERR BLOCK"}},
		{"no transmissions", []byte{0}, []string{"||ERR BLOCK"}},
		{"count above the content", append([]byte{2}, content(ping(c))[1:]...), []string{"||ERR BLOCK"}},
		{"bytes left over", append(content(ping(c)), 0), []string{"||ERR BLOCK"}},
		{"empty transmission beside a good one", content(nil, ping(c)), []string{"||ERR BLOCK", "p||PONG"}},
		{"service signature of a wrong length", content(append(append([]byte{64}, signature...), '1', 1, 2)), []string{"||ERR BLOCK"}},
		{"authenticator of a wrong length", content(c.transmission(short(65), "c", "e", "SUB")), []string{"c||ERR BLOCK"}},
	}
	for _, tc := range cases {
		c.send(tc.content)
		var got []string
		for _, tr := range c.responses(len(tc.want)) {
			got = append(got, string(tr.CorrID)+"|"+string(tr.EntityID)+"|"+string(tr.Command))
		}
		if strings.Join(got, "\n") != strings.Join(tc.want, "\n") {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	badPadding := bytes.Repeat([]byte{0xff}, smp.BlockSize)
	c.sendBlock(badPadding)
	if got := c.responses(1)[0]; string(got.Command) != "ERR BLOCK" {
		t.Errorf("bad padding: %q", got.Command)
	}
	if got := c.ask(ping(c))[0]; string(got.Command) != "PONG" {
		t.Errorf("PING afterwards: %q", got.Command)
	}
}

// At version 6 the session ID is sent, and another one refused.
func TestSessionIDOfAnotherSession(t *testing.T) {
	r := startRouter(t)
	c := r.rawDial(t, 6)
	own := c.sessionID
	c.sessionID = bytes.Repeat([]byte{1}, len(own))
	c.send(smp.AppendBatch(nil, c.transmission(nil, "c", "", "PING")))
	c.sessionID = own
	if got := c.responses(1)[0]; string(got.Command) != "ERR SESSION" || string(got.CorrID) != "c" {
		t.Fatalf("%q for corrId %q", got.Command, got.CorrID)
	}
}

// An encrypted block that does not open is answered, and the next one is understood.
func TestBlockThatDoesNotOpen(t *testing.T) {
	r := startRouter(t)
	c := r.rawTLS(t)
	hello := c.serverHello()
	c.version, c.sessionID = 19, hello.SessionID
	signed, err := box.ParseSignedKey(hello.CertKey.SignedKey)
	if err != nil {
		t.Fatal(err)
	}
	router, err := box.ParseX25519(signed.SPKI)
	if err != nil {
		t.Fatal(err)
	}
	var secret, public, shared [32]byte
	if err := box.GenerateX25519(rand.Reader, &secret, &public); err != nil {
		t.Fatal(err)
	}
	if err := box.DH(&shared, &secret, &router); err != nil {
		t.Fatal(err)
	}
	c.send(smp.AppendClientHello(nil, &smp.ClientHello{
		Version: 19, KeyHash: r.address.KeyHash[:], PublicKey: box.AppendX25519(nil, &public),
	}))
	rcv, snd := box.NewChains(hello.SessionID, &shared)
	c.sendBlock(bytes.Repeat([]byte{1}, smp.BlockSize))
	var key [32]byte
	var nonce [24]byte
	snd.Next(&key, &nonce) // the router's chain has advanced over the bad block
	block := make([]byte, smp.BlockSize)
	n := copy(block[18:], smp.AppendBatch(nil, c.transmission(nil, "p", "", "PING")))
	if err := snd.SealBlock(block, n); err != nil {
		t.Fatal(err)
	}
	c.sendBlock(block)
	var got []string
	for len(got) < 2 {
		in := make([]byte, smp.BlockSize)
		if err := c.read(in); err != nil {
			t.Fatal(err)
		}
		content, _ := rcv.OpenBlock(in)
		for _, tr := range c.parse(content) {
			got = append(got, string(tr.Command))
		}
	}
	if got[0] != "ERR BLOCK" || got[1] != "PONG" {
		t.Fatalf("answers %q", got)
	}
}

// A hello that is not for this router or of no version that it has ends the connection without an answer.
func TestRefusedHello(t *testing.T) {
	r := startRouter(t)
	good := smp.ClientHello{Version: 19, KeyHash: r.address.KeyHash[:]}
	for name, change := range map[string]func(*smp.ClientHello) []byte{
		"another identity": func(h *smp.ClientHello) []byte { h.KeyHash = make([]byte, 32); return smp.AppendClientHello(nil, h) },
		"version 5":        func(h *smp.ClientHello) []byte { h.Version = 5; return smp.AppendClientHello(nil, h) },
		"version 20":       func(h *smp.ClientHello) []byte { h.Version = 20; return smp.AppendClientHello(nil, h) },
		"empty":            func(*smp.ClientHello) []byte { return nil },
		"cut":              func(h *smp.ClientHello) []byte { return smp.AppendClientHello(nil, h)[:20] },
	} {
		t.Run(name, func(t *testing.T) {
			c := r.rawTLS(t)
			c.serverHello()
			hello := good
			c.send(change(&hello))
			c.closed()
		})
	}
}

// What one connection does wrong does not reach another.
func TestOthersNoticeNothing(t *testing.T) {
	r := startRouter(t)
	honest := r.dial(t)
	for range 8 {
		c := r.rawDial(t, 19)
		c.sendBlock(bytes.Repeat([]byte{0xff}, smp.BlockSize))
		c.responses(1)
		c.socket.Close()
	}
	exchange(t, honest, honest, 2)
	if _, err := honest.NewQueue(testContext(t), client.QueueParams{}); err != nil {
		t.Fatal(err)
	}
}
