package tls

import (
	"bytes"
	"testing"
)

// recording is a whole connection: what each side sends, so that it can be sent again in other pieces.
type recording struct {
	client, server         *Config
	hello, flight, finish  []byte // records of the handshake
	clientData, serverData []byte
}

// record makes a handshake with every optional part, and data after it, from fixed randomness.
func record(t *testing.T, retry bool) *recording {
	client, server := clientConfig(Ed25519), serverConfig(Ed25519)
	client.Rand, server.Rand = neverEnding{}, neverEnding{}
	client.ALPN, server.ALPN, client.ServerName = []string{"smp/1"}, []string{"smp/1"}, "example.org"
	client.Certificates, server.RequestClientCert = []*KeyPair{routers()[Ed25519].leaf}, true
	client.Groups, server.Groups = []Group{X25519}, []Group{X25519}
	if retry {
		client.Groups, server.Groups = []Group{X448, X25519}, []Group{X25519}
	}
	r := &recording{client: client, server: server}
	c, s := NewClient(client), NewServer(server)
	var toServer, toClient []byte
	for !s.HandshakeDone() {
		_, toServer, _ = c.Advance(bytes.Clone(toClient), nil)
		if c.HandshakeDone() {
			r.finish = bytes.Clone(toServer)
		} else {
			r.hello = append(r.hello, toServer...)
		}
		var err error
		if _, toClient, err = s.Advance(bytes.Clone(toServer), nil); err != nil {
			t.Fatal(err)
		}
		r.flight = append(r.flight, toClient...)
	}
	r.clientData = c.Seal(c.KeyUpdate(c.Seal(nil, []byte("from client")), false), []byte("again"))
	r.serverData = s.Seal(s.KeyUpdate(s.Seal(nil, []byte("from server")), false), []byte("again"))
	return r
}

// feed gives a connection a stream in pieces, as an engine does: what Advance and Open leave waits for the next piece.
func feed(t *testing.T, c *Conn, pieces ...[]byte) (out, data []byte) {
	t.Helper()
	var in []byte
	for _, piece := range pieces {
		in = append(in, piece...)
		for {
			if !c.HandshakeDone() {
				n, more, err := c.Advance(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				out, in = append(out, more...), in[n:]
				if !c.HandshakeDone() {
					break
				}
			}
			n, whole, err := RecordLen(in)
			if err != nil {
				t.Fatal(err)
			}
			if !whole {
				break
			}
			plain, err := c.Open(nil, in[:n])
			if err != nil {
				t.Fatal(err)
			}
			data, in = append(data, plain...), in[n:]
		}
	}
	if len(in) > 0 {
		t.Errorf("%d bytes left", len(in))
	}
	return out, data
}

// TestEveryCut: input cut at every byte boundary, into two pieces and into single bytes, gives the same output and data.
// The handshake has every optional part, HelloRetryRequest among them.
func TestEveryCut(t *testing.T) {
	r := record(t, true)
	believe := func([][]byte) error { return nil } // the chains are not the point here, and cost the most
	r.client.VerifyPeer, r.server.VerifyPeer = believe, believe
	clientIn := append(bytes.Clone(r.flight), r.serverData...)
	serverIn := append(append(bytes.Clone(r.hello), r.finish...), r.clientData...)
	clientOut := append(bytes.Clone(r.hello), r.finish...)
	client := func(pieces ...[]byte) {
		t.Helper()
		c := NewClient(r.client)
		_, hello, _ := c.Advance(nil, nil)
		out, data := feed(t, c, pieces...)
		if !bytes.Equal(append(hello, out...), clientOut) || string(data) != "from serveragain" {
			t.Fatalf("client with a first piece of %d: %q", len(pieces[0]), data)
		}
	}
	server := func(pieces ...[]byte) {
		t.Helper()
		out, data := feed(t, NewServer(r.server), pieces...)
		if !bytes.Equal(out, r.flight) || string(data) != "from clientagain" {
			t.Fatalf("server with a first piece of %d: %q", len(pieces[0]), data)
		}
	}
	for n := range clientIn {
		client(bytes.Clone(clientIn[:n]), bytes.Clone(clientIn[n:]))
	}
	for n := range serverIn {
		server(bytes.Clone(serverIn[:n]), bytes.Clone(serverIn[n:]))
	}
	client(bytewise(clientIn)...)
	server(bytewise(serverIn)...)
}

func bytewise(b []byte) [][]byte {
	var pieces [][]byte
	for i := range b {
		pieces = append(pieces, []byte{b[i]})
	}
	return pieces
}

// TestTinyRecords: handshake messages in records of one to three bytes, and several messages in one record.
func TestTinyRecords(t *testing.T) {
	for size := 1; size <= 3; size++ {
		client, server := clientConfig(Ed25519), serverConfig(Ed25519)
		client.RequestClientCert, server.RequestClientCert = true, true
		client.Certificates = []*KeyPair{issue(cert{name: "service"}, nil)}
		// The server's flight in tiny records.
		p, c := newPuppet(t, NewServer(server), nil), NewClient(client)
		_, hello, _ := c.Advance(nil, nil)
		flight := p.serve(hello)
		if _, _, err := c.Advance(tiny(t, p.Conn, p.hs.serverSecret, flight, size), nil); err != nil || !c.HandshakeDone() {
			t.Fatalf("client with records of %d: %v", size, err)
		}
		// The client's flights in tiny records.
		p, s := newPuppet(t, NewClient(client), nil), NewServer(server)
		_, flight, err := s.Advance(tiny(t, p.Conn, nil, p.hello(), size), nil)
		if err != nil {
			t.Fatalf("server with records of %d: %v", size, err)
		}
		finish := p.finishFlight(flight)
		if _, _, err := s.Advance(tiny(t, p.Conn, p.hs.clientSecret, finish, size), nil); err != nil || !s.HandshakeDone() {
			t.Fatalf("server with records of %d: %v", size, err)
		}
	}
}

// tiny puts the content of handshake records into records of n bytes, under the same keys.
func tiny(t *testing.T, from *Conn, secret trafficSecret, stream []byte, n int) []byte {
	t.Helper()
	var reader, clear, writer direction
	if secret != nil {
		reader.rekey(from.suite, secret)
		writer.rekey(from.suite, secret)
	}
	var out []byte
	for _, record := range records(t, stream) {
		switch contentType(record[0]) {
		case typeHandshake:
			for content := record[RecordHeader:]; len(content) > 0; content = content[min(n, len(content)):] {
				out = clear.sealRecord(out, typeHandshake, versionTLS12, content[:min(n, len(content))])
			}
		case typeApplicationData:
			_, content, err := reader.open(bytes.Clone(record))
			must(err)
			for ; len(content) > 0; content = content[min(n, len(content)):] {
				out = writer.sealRecord(out, typeHandshake, versionTLS12, content[:min(n, len(content))])
			}
		default:
			out = append(out, record...)
		}
	}
	return out
}

// TestChangeCipherSpec: dropped anywhere in a handshake but inside a message, and not without end.
func TestChangeCipherSpec(t *testing.T) {
	ccs := []byte{20, 3, 3, 0, 1, 1}
	for _, test := range []struct {
		name  string
		in    []byte
		alert Alert
	}{
		{"one", ccs, 0},
		{"as many as may be", bytes.Repeat(ccs, maxEmptyRecords), 0},
		{"too many", bytes.Repeat(ccs, maxEmptyRecords+1), AlertUnexpectedMessage},
		{"other content", []byte{20, 3, 3, 0, 1, 2}, AlertUnexpectedMessage},
		{"longer", []byte{20, 3, 3, 0, 2, 1, 1}, AlertUnexpectedMessage},
		{"empty", []byte{20, 3, 3, 0, 0}, AlertUnexpectedMessage},
	} {
		c, s := NewClient(clientConfig(Ed25519)), NewServer(serverConfig(Ed25519))
		_, hello, _ := c.Advance(nil, nil)
		_, flight, _ := s.Advance(hello, nil)
		_, finish, err := c.Advance(append(bytes.Clone(test.in), withoutCCS(t, flight)...), nil)
		_, _, serverErr := s.Advance(append(bytes.Clone(test.in), withoutCCS(t, finish)...), nil)
		t.Log(test.name, err)
		if test.alert != 0 {
			wantAlert(t, err, test.alert)
			continue
		}
		if err != nil || serverErr != nil || !s.HandshakeDone() {
			t.Errorf("%s: client: %v; server: %v", test.name, err, serverErr)
		}
	}
}

// TestChangeCipherSpecInsideMessage: nothing may stand between the pieces of a message (RFC 8446 section 5.1).
func TestChangeCipherSpecInsideMessage(t *testing.T) {
	c, s := NewClient(clientConfig(Ed25519)), NewServer(serverConfig(Ed25519))
	_, hello, _ := c.Advance(nil, nil)
	_, flight, _ := s.Advance(hello, nil)
	in := append([]byte{22, 3, 3, 0, 1, 2, 20, 3, 3, 0, 1, 1}, flight...)
	_, _, err := c.Advance(in, nil)
	wantAlert(t, err, AlertUnexpectedMessage)
}

func withoutCCS(t *testing.T, stream []byte) []byte {
	var out []byte
	for _, record := range records(t, stream) {
		if contentType(record[0]) != typeChangeCipherSpec {
			out = append(out, record...)
		}
	}
	return out
}

// TestCompatibilityMode: who sends a change_cipher_spec, and where (RFC 8446 appendix D.4).
func TestCompatibilityMode(t *testing.T) {
	kinds := func(stream []byte) (kinds string) {
		for _, record := range records(t, stream) {
			kinds += string(rune('0' + record[0] - 20)) // change_cipher_spec 0, handshake 2, protected 3
		}
		return kinds
	}
	for retry, want := range map[bool][3]string{false: {"2", "203", "03"}, true: {"202", "2023", "3"}} {
		r := record(t, retry)
		got := [3]string{kinds(r.hello), kinds(r.flight), kinds(r.finish)}
		if got != want {
			t.Errorf("retry %v: records %q, want %q", retry, got, want)
		}
	}
	s := NewServer(serverConfig(Ed25519))
	message := spoiledHello(func(h *rawHello) { h.sessionID = nil })
	var clear direction
	_, flight, err := s.Advance(clear.seal(nil, typeHandshake, versionTLS10, message), nil)
	if err != nil || kinds(flight) != "203" {
		t.Errorf("without a session ID: %q, %v", kinds(flight), err)
	}
	client, server := clientConfig(Ed25519), serverConfig(Ed25519)
	client.VerifyPeer = nil
	c := NewClient(client)
	_, hello, _ := c.Advance(nil, nil)
	_, flight, _ = NewServer(server).Advance(hello, nil)
	if _, alert, err := c.Advance(flight, nil); err == nil || kinds(alert) != "03" {
		t.Errorf("alert under protection: %q, %v", kinds(alert), err)
	}
}

// TestRecordVersions: the first ClientHello stands in a record of version 3.1, all others are 3.3 (section 5.1).
func TestRecordVersions(t *testing.T) {
	r := record(t, true)
	for i, record := range records(t, append(append(bytes.Clone(r.hello), r.flight...), r.finish...)) {
		want := byte(3)
		if i == 0 {
			want = 1
		}
		if record[1] != 3 || record[2] != want {
			t.Errorf("record %d has version %d.%d", i, record[1], record[2])
		}
	}
}

// TestHandshakeBytes: a peer cannot keep a handshake going for ever.
func TestHandshakeBytes(t *testing.T) {
	s := NewServer(serverConfig(Ed25519))
	hello := spoiledHello(func(h *rawHello) { h.set(0x0a0a, make([]byte, 12000)...) })
	in := []byte{}
	var clear direction
	for _, b := range hello {
		in = clear.sealRecord(in, typeHandshake, versionTLS12, []byte{b})
	}
	if len(in) < maxHandshakeBytes/2 {
		t.Fatal("the test needs more")
	}
	s.hs.received = maxHandshakeBytes - 1000
	_, _, err := s.Advance(in, nil)
	wantAlert(t, err, AlertUnexpectedMessage)
}

// TestEarlyData: a server skips what a client sends after early_data until it can read (RFC 8446 section 4.2.10).
func TestEarlyData(t *testing.T) {
	for _, test := range []struct {
		name  string
		offer bool
		retry bool
		early []byte
		alert Alert
	}{
		{"skipped", true, false, bytes.Repeat(make23(1000), 16), 0},
		{"as much as may be", true, false, bytes.Repeat(make23(4096), 4), 0},
		{"more", true, false, make23(16385), AlertUnexpectedMessage},
		{"too much", true, false, bytes.Repeat(make23(1000), 20), AlertUnexpectedMessage},
		{"not announced", false, false, make23(1000), AlertBadRecordMAC},
		{"skipped before the second ClientHello", true, true, bytes.Repeat(make23(1000), 10), 0},
		{"too much before the second ClientHello", true, true, bytes.Repeat(make23(1000), 20), AlertUnexpectedMessage},
		{"not announced before the second ClientHello", false, true, make23(1000), AlertUnexpectedMessage},
	} {
		client, server := clientConfig(Ed25519), serverConfig(Ed25519)
		if test.retry {
			client.Groups, server.Groups = []Group{X25519, X448}, []Group{X448}
		}
		p, s := newPuppet(t, NewClient(client), func(typ messageType, m []byte) []byte {
			h := takeApart(m)
			if test.offer {
				h.set(extEarlyData)
			}
			return h.message()
		}), NewServer(server)
		_, flight, err := s.Advance(append(p.hello(), test.early...), nil)
		p.mutate = nil
		if err == nil && test.retry {
			_, second, failed := p.Advance(flight, nil)
			must(failed)
			_, flight, err = s.Advance(second, nil)
		}
		t.Log(test.name, err)
		if test.alert != 0 {
			wantAlert(t, err, test.alert)
			continue
		}
		_, _, err = s.Advance(p.finishFlight(withDummyCCS(flight, test.retry)), nil)
		if err != nil || !s.HandshakeDone() {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// withDummyCCS puts a change_cipher_spec where a flight after a HelloRetryRequest has none: finishFlight skips one.
func withDummyCCS(flight []byte, missing bool) []byte {
	n, _, err := RecordLen(flight)
	must(err)
	if !missing {
		return flight
	}
	return append(append(bytes.Clone(flight[:n]), 20, 3, 3, 0, 1, 1), flight[n:]...)
}
