package tls

import (
	"bytes"
	"io"
	"testing"
)

// Records that no handshake may begin with, and the alert of a server.
func TestMalformedFirstRecord(t *testing.T) {
	for _, test := range []struct {
		name  string
		in    []byte
		alert Alert
	}{
		{"change_cipher_spec", []byte{20, 3, 3, 0, 1, 1}, AlertUnexpectedMessage},
		{"application data", []byte{23, 3, 3, 0, 1, 0}, AlertUnexpectedMessage},
		{"heartbeat", []byte{24, 3, 3, 0, 1, 0}, AlertUnexpectedMessage},
		{"HTTP", []byte("GET / HTTP/1.1\r\n\r\n"), AlertUnexpectedMessage},
		{"SSL 2.0", []byte{0x80, 0x2e, 1, 0, 2}, AlertUnexpectedMessage},
		{"version 2", []byte{22, 2, 0, 0, 1, 1}, AlertProtocolVersion},
		{"empty handshake record", []byte{22, 3, 1, 0, 0}, AlertUnexpectedMessage},
		{"empty alert", []byte{21, 3, 1, 0, 0}, AlertUnexpectedMessage},
		{"half an alert", []byte{21, 3, 1, 0, 1, 2}, AlertDecodeError},
		{"two alerts", []byte{21, 3, 1, 0, 4, 2, 40, 2, 40}, AlertDecodeError},
		{"alert of no level", []byte{21, 3, 1, 0, 2, 3, 40}, AlertIllegalParameter},
		{"ServerHello", []byte{22, 3, 3, 0, 4, 2, 0, 0, 0}, AlertUnexpectedMessage},
		{"Finished", []byte{22, 3, 3, 0, 1, 20}, AlertUnexpectedMessage},
		{"message too long", []byte{22, 3, 3, 0, 4, 1, 1, 0, 0}, AlertIllegalParameter},
		{"plaintext too long", append([]byte{22, 3, 3, 0x40, 1}, make([]byte, 0x4001)...), AlertRecordOverflow},
		{"record too long", []byte{22, 3, 3, 0x41, 1}, AlertRecordOverflow},
	} {
		s := NewServer(serverConfig(Ed25519))
		_, out, err := s.Advance(test.in, nil)
		t.Log(test.name, err)
		wantAlert(t, err, test.alert)
		if want := []byte{21, 3, 3, 0, 2, 2, byte(test.alert)}; !bytes.Equal(out, want) {
			t.Errorf("%s: answer %x, want %x", test.name, out, want)
		}
	}
	s := NewServer(serverConfig(Ed25519))
	_, out, err := s.Advance([]byte{21, 3, 1, 0, 2, 2, 40}, nil)
	wantRemote(t, err, AlertHandshakeFailure)
	if len(out) > 0 {
		t.Errorf("an alert was answered with %x", out)
	}
}

// TestRecordLen: what it says of every prefix of a record.
func TestRecordLen(t *testing.T) {
	record := []byte{23, 3, 3, 0, 2, 0, 0}
	for n := range record {
		want := 0
		if n >= RecordHeader {
			want = len(record)
		}
		if got, whole, err := RecordLen(record[:n]); got != want || whole || err != nil {
			t.Errorf("prefix of %d: %d, %v, %v", n, got, whole, err)
		}
	}
	if got, whole, err := RecordLen(append(record, 23)); got != len(record) || !whole || err != nil {
		t.Errorf("whole record: %d, %v, %v", got, whole, err)
	}
	if n, _, err := RecordLen([]byte{23, 3, 3, 0x41, 0}); n != MaxRecord || err != nil {
		t.Errorf("longest record: %d, %v", n, err)
	}
}

// inner seals content as the inside of one protected record of the peer, padding and all.
func inner(c *Conn, typ contentType, content []byte, padding int) []byte {
	plain := append(append(bytes.Clone(content), byte(typ)), make([]byte, padding)...)
	return sealInner(c, plain)
}

func sealInner(c *Conn, plain []byte) []byte {
	record := []byte{23, 3, 3, byte((len(plain) + tagLen) >> 8), byte(len(plain) + tagLen)}
	return c.out.aead.Seal(record, c.out.nextNonce(), plain, record)
}

// What is wrong with records after the handshake, and the alert of a client as of a server.
var malformedRecords = []struct {
	name  string
	make  func(peer *Conn) []byte // whole records
	alert Alert
}{
	{"change_cipher_spec", func(*Conn) []byte { return []byte{20, 3, 3, 0, 1, 1} }, AlertUnexpectedMessage},
	{"alert in clear", func(*Conn) []byte { return []byte{21, 3, 3, 0, 2, 1, 0} }, AlertUnexpectedMessage},
	{"handshake in clear", func(*Conn) []byte { return []byte{22, 3, 3, 0, 5, 24, 0, 0, 1, 0} }, AlertUnexpectedMessage},
	{"too short to authenticate", func(*Conn) []byte { return append([]byte{23, 3, 3, 0, 15}, make([]byte, 15)...) }, AlertBadRecordMAC},
	{"flipped bit", func(p *Conn) []byte {
		b := inner(p, typeApplicationData, []byte("data"), 0)
		b[RecordHeader] ^= 1
		return b
	}, AlertBadRecordMAC},
	{"flipped bit in the tag", func(p *Conn) []byte {
		b := inner(p, typeApplicationData, []byte("data"), 0)
		b[len(b)-1] ^= 0x80
		return b
	}, AlertBadRecordMAC},
	{"length under the tag's protection", func(p *Conn) []byte {
		b := append(inner(p, typeApplicationData, []byte("data"), 0), 0)
		b[4]++
		return b
	}, AlertBadRecordMAC},
	{"replay", func(p *Conn) []byte {
		b := inner(p, typeApplicationData, []byte("data"), 0)
		return append(b, bytes.Clone(b)...)
	}, AlertBadRecordMAC},
	{"lost record", func(p *Conn) []byte {
		inner(p, typeApplicationData, []byte("data"), 0)
		return inner(p, typeApplicationData, []byte("data"), 0)
	}, AlertBadRecordMAC},
	{"nothing inside", func(p *Conn) []byte { return sealInner(p, nil) }, AlertUnexpectedMessage},
	{"only padding", func(p *Conn) []byte { return sealInner(p, make([]byte, 100)) }, AlertUnexpectedMessage},
	{"inside too long", func(p *Conn) []byte { return inner(p, typeApplicationData, make([]byte, MaxPlaintext), 1) }, AlertRecordOverflow},
	{"inside as long as may be", func(p *Conn) []byte { return inner(p, typeApplicationData, make([]byte, MaxPlaintext), 0) }, 0},
	{"padding as long as may be", func(p *Conn) []byte { return inner(p, typeApplicationData, []byte{1}, MaxPlaintext-1) }, 0},
	{"protected change_cipher_spec", func(p *Conn) []byte { return inner(p, typeChangeCipherSpec, []byte{1}, 0) }, AlertUnexpectedMessage},
	{"unknown content type", func(p *Conn) []byte { return inner(p, 99, []byte{1}, 0) }, AlertUnexpectedMessage},
	{"empty handshake record", func(p *Conn) []byte { return inner(p, typeHandshake, nil, 3) }, AlertUnexpectedMessage},
	{"empty alert", func(p *Conn) []byte { return inner(p, typeAlert, nil, 0) }, AlertUnexpectedMessage},
	{"half an alert", func(p *Conn) []byte { return inner(p, typeAlert, []byte{1}, 0) }, AlertDecodeError},
	{"two alerts", func(p *Conn) []byte { return inner(p, typeAlert, []byte{1, 0, 1, 0}, 0) }, AlertDecodeError},
	{"alert of no level", func(p *Conn) []byte { return inner(p, typeAlert, []byte{0, 40}, 0) }, AlertIllegalParameter},

	{"32 empty records", func(p *Conn) []byte { return repeated(p, 32, typeApplicationData) }, 0},
	{"33 empty records", func(p *Conn) []byte { return repeated(p, 33, typeApplicationData) }, AlertUnexpectedMessage},
	{"4 times user_canceled", func(p *Conn) []byte { return repeated(p, 4, typeAlert, 1, 90) }, 0},
	{"5 times user_canceled", func(p *Conn) []byte { return repeated(p, 5, typeAlert, 1, 90) }, AlertUnexpectedMessage},
	{"33 KeyUpdates", func(p *Conn) []byte {
		var b []byte
		for range 33 {
			b = p.KeyUpdate(b, false)
		}
		return b
	}, AlertUnexpectedMessage},

	{"request_update of 2", func(p *Conn) []byte { return inner(p, typeHandshake, []byte{24, 0, 0, 1, 2}, 0) }, AlertIllegalParameter},
	{"empty KeyUpdate", func(p *Conn) []byte { return inner(p, typeHandshake, []byte{24, 0, 0, 0}, 0) }, AlertDecodeError},
	{"long KeyUpdate", func(p *Conn) []byte { return inner(p, typeHandshake, []byte{24, 0, 0, 2, 0, 0}, 0) }, AlertDecodeError},
	{"KeyUpdate with more behind it", func(p *Conn) []byte { return inner(p, typeHandshake, []byte{24, 0, 0, 1, 0, 24}, 0) }, AlertUnexpectedMessage},
	{"KeyUpdate in three records", func(p *Conn) []byte {
		b := inner(p, typeHandshake, []byte{24, 0}, 0)
		b = append(b, inner(p, typeHandshake, []byte{0, 1}, 0)...)
		b = append(b, inner(p, typeHandshake, []byte{0}, 0)...)
		p.out.update(p.suite)
		return append(b, inner(p, typeApplicationData, []byte("data"), 0)...)
	}, 0},
	{"data inside a message", func(p *Conn) []byte {
		return append(inner(p, typeHandshake, []byte{24, 0}, 0), inner(p, typeApplicationData, []byte("data"), 0)...)
	}, AlertUnexpectedMessage},
	{"no data inside a message", func(p *Conn) []byte {
		return append(inner(p, typeHandshake, []byte{24, 0}, 0), inner(p, typeApplicationData, nil, 0)...)
	}, AlertUnexpectedMessage},
	{"alert inside a message", func(p *Conn) []byte {
		return append(inner(p, typeHandshake, []byte{24, 0}, 0), inner(p, typeAlert, []byte{1, 0}, 0)...)
	}, AlertUnexpectedMessage},
	{"ClientHello", func(p *Conn) []byte { return inner(p, typeHandshake, []byte{1, 0, 0, 0}, 0) }, AlertUnexpectedMessage},
	{"HelloRequest", func(p *Conn) []byte { return inner(p, typeHandshake, []byte{0, 0, 0, 0}, 0) }, AlertUnexpectedMessage},
	{"CertificateRequest", func(p *Conn) []byte { return inner(p, typeHandshake, []byte{13, 0, 0, 0}, 0) }, AlertUnexpectedMessage},
	{"Finished", func(p *Conn) []byte { return inner(p, typeHandshake, []byte{20, 0, 0, 0}, 0) }, AlertUnexpectedMessage},
}

func repeated(p *Conn, n int, typ contentType, content ...byte) []byte {
	var b []byte
	for range n {
		b = append(b, inner(p, typ, content, 0)...)
	}
	return b
}

// TestMalformedRecord gives each to a client and to a server.
func TestMalformedRecord(t *testing.T) {
	for _, test := range malformedRecords {
		t.Run(test.name, func(t *testing.T) {
			c, s := established(t, clientConfig(Ed25519), serverConfig(Ed25519))
			testRecords(t, c, s, test.make(s), test.alert)
			c, s = established(t, clientConfig(Ed25519), serverConfig(Ed25519))
			testRecords(t, s, c, test.make(c), test.alert)
		})
	}
}

// testRecords opens records of peer until one fails, and wants the alert to reach the peer.
func testRecords(t *testing.T, conn, peer *Conn, stream []byte, alert Alert) {
	t.Helper()
	var err error
	for _, record := range records(t, stream) {
		if _, err = conn.Open(nil, record); err != nil {
			break
		}
	}
	if alert == 0 {
		if err != nil || conn.HasPending() {
			t.Errorf("error %v, pending %v", err, conn.HasPending())
		}
		return
	}
	wantAlert(t, err, alert)
	if !conn.HasPending() {
		t.Fatal("no alert is pending")
	}
	out := conn.Pending(nil)
	if conn.HasPending() || len(conn.Pending(nil)) > 0 || len(conn.Seal(nil, []byte("x"))) > 0 ||
		conn.SealInPlace(make([]byte, 99), 1) != nil || len(conn.CloseNotify(nil)) > 0 || len(conn.KeyUpdate(nil, true)) > 0 {
		t.Error("something is sent after the alert")
	}
	if _, again := conn.Open(nil, make23(40)); again != err {
		t.Errorf("Open goes on with %v", again)
	}
	_, err = peer.Open(nil, out)
	wantRemote(t, err, alert)
}

// TestNewSessionTicket: a client ignores tickets, a server does not expect any.
func TestNewSessionTicket(t *testing.T) {
	ticket := func(body ...byte) func(*Conn) []byte {
		message := appendMessage(nil, typeNewSessionTicket, func(b []byte) []byte { return append(b, body...) })
		return func(p *Conn) []byte { return inner(p, typeHandshake, message, 0) }
	}
	whole := []byte{0, 0, 1, 0, 9, 9, 9, 9, 1, 0, 0, 2, 7, 7, 0, 8, 0, 42, 0, 4, 0, 0, 0, 0}
	for _, test := range []struct {
		name   string
		record func(*Conn) []byte
		alert  Alert
	}{
		{"ticket", ticket(whole...), 0},
		{"no ticket inside", ticket(0, 0, 1, 0, 9, 9, 9, 9, 0, 0, 0, 0, 0), AlertDecodeError},
		{"trailing byte", ticket(append(whole, 0)...), AlertDecodeError},
		{"cut", ticket(whole[:20]...), AlertDecodeError},
		{"cut extension", ticket(append(bytes.Clone(whole[:14]), 0, 3, 0, 42, 0)...), AlertDecodeError},
	} {
		c, s := established(t, clientConfig(Ed25519), serverConfig(Ed25519))
		t.Log(test.name)
		testRecords(t, c, s, test.record(s), test.alert)
		c, s = established(t, clientConfig(Ed25519), serverConfig(Ed25519))
		testRecords(t, s, c, test.record(c), AlertUnexpectedMessage)
	}
}

// TestTwoTicketsInOneRecord: messages share records.
func TestTwoTicketsInOneRecord(t *testing.T) {
	c, s := established(t, clientConfig(Ed25519), serverConfig(Ed25519))
	ticket := []byte{4, 0, 0, 14, 0, 0, 1, 0, 9, 9, 9, 9, 0, 0, 1, 7, 0, 0}
	twice := append(bytes.Clone(ticket), ticket...)
	if plain, err := c.Open(nil, inner(s, typeHandshake, twice, 10)); err != nil || len(plain) > 0 {
		t.Errorf("%q, %v", plain, err)
	}
	exchange(t, c, s)
}

// TestClose: close_notify ends one direction, and the other goes on.
func TestClose(t *testing.T) {
	c, s := established(t, clientConfig(Ed25519), serverConfig(Ed25519))
	if _, err := s.Open(nil, c.CloseNotify(nil)); err != io.EOF {
		t.Fatalf("close_notify reads as %v", err)
	}
	if _, err := s.Open(nil, []byte{23, 3, 3, 0, 0}); err != io.EOF {
		t.Errorf("after close_notify: %v", err)
	}
	if s.HasPending() || len(c.Seal(nil, []byte("x"))) > 0 {
		t.Error("something is left to send")
	}
	if got := openAll(t, c, s.Seal(nil, []byte("still here"))); string(got) != "still here" {
		t.Errorf("got %q", got)
	}
	if _, err := c.Open(nil, s.CloseNotify(nil)); err != io.EOF {
		t.Errorf("close_notify reads as %v", err)
	}
}

// TestAbort: the caller can end a connection with an alert of its choice, in the handshake too.
func TestAbort(t *testing.T) {
	c, s := established(t, clientConfig(Ed25519), serverConfig(Ed25519))
	_, err := s.Open(nil, c.Abort(nil, AlertInternalError))
	wantRemote(t, err, AlertInternalError)
	if s.HasPending() || len(s.Seal(nil, []byte("x"))) > 0 {
		t.Error("something is sent after the peer's alert")
	}
	early := NewServer(serverConfig(Ed25519))
	if out := early.Abort(nil, AlertUserCanceled); !bytes.Equal(out, []byte{21, 3, 3, 0, 2, 1, 90}) {
		t.Errorf("alert %x", out)
	}
	if _, out, err := early.Advance(spoiledHello(func(*rawHello) {}), nil); err == nil || len(out) > 0 {
		t.Error("Advance goes on after Abort")
	}
}

// TestAlertInHandshake: a client may fail before it has keys, and say so in clear.
func TestAlertInHandshake(t *testing.T) {
	for _, test := range []struct {
		name  string
		in    func(p *puppet) []byte
		check func(error)
	}{
		{"in clear", func(*puppet) []byte { return []byte{21, 3, 3, 0, 2, 2, 47} }, func(err error) { wantRemote(t, err, AlertIllegalParameter) }},
		{"protected", func(p *puppet) []byte { return inner(p.Conn, typeAlert, []byte{2, 48}, 0) }, func(err error) { wantRemote(t, err, AlertUnknownCA) }},
		{"close_notify", func(p *puppet) []byte { return inner(p.Conn, typeAlert, []byte{1, 0}, 0) }, func(err error) { wantRemote(t, err, AlertCloseNotify) }},
		{"in clear after a protected record", func(p *puppet) []byte {
			return append(inner(p.Conn, typeAlert, []byte{1, 90}, 0), 21, 3, 3, 0, 2, 2, 47)
		}, func(err error) { wantAlert(t, err, AlertUnexpectedMessage) }},
		{"handshake in clear", func(*puppet) []byte { return []byte{22, 3, 3, 0, 1, 20} }, func(err error) { wantAlert(t, err, AlertUnexpectedMessage) }},
		{"application data", func(p *puppet) []byte { return inner(p.Conn, typeApplicationData, []byte("x"), 0) }, func(err error) { wantAlert(t, err, AlertUnexpectedMessage) }},
		{"not authentic", func(p *puppet) []byte { return make23(40) }, func(err error) { wantAlert(t, err, AlertBadRecordMAC) }},
	} {
		t.Log(test.name)
		p, s := newPuppet(t, NewClient(clientConfig(Ed25519)), nil), NewServer(serverConfig(Ed25519))
		_, flight, err := s.Advance(p.hello(), nil)
		must(err)
		p.finishFlight(flight)
		p.out.seq = 0 // as if its Finished had not been sealed
		_, _, err = s.Advance(test.in(p), nil)
		test.check(err)
	}
}

// make23 is a record of n bytes that look protected.
func make23(n int) []byte {
	return append([]byte{23, 3, 3, byte(n >> 8), byte(n)}, bytes.Repeat([]byte{0x5a}, n)...)
}
