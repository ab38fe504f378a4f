package smp

import "testing"

func TestMessageBody(t *testing.T) {
	b := AppendMessageBody(nil, 1700000000, true, []byte("hello"))
	eq(t, "message", b, []byte("\x00\x00\x00\x00\x65\x53\xf1\x00T hello"))
	m, ok := ParseMessageBody(b)
	if !ok || m.Time != 1700000000 || m.Quota || !m.Notify || string(m.Body) != "hello" {
		t.Errorf("message %+v, %v", m, ok)
	}
	q := AppendQuotaBody(nil, 1700000000)
	eq(t, "quota marker", q, []byte("QUOTA \x00\x00\x00\x00\x65\x53\xf1\x00"))
	if m, ok := ParseMessageBody(q); !ok || !m.Quota || m.Time != 1700000000 || m.Body != nil {
		t.Errorf("quota marker %+v, %v", m, ok)
	}
	for n := range b {
		if _, ok := ParseMessageBody(b[:n]); ok != (n >= 10) { // the body runs to the end
			t.Errorf("message cut at %d: %v", n, ok)
		}
	}
	for n := range q {
		if m, ok := ParseMessageBody(q[:n]); ok && m.Quota {
			t.Errorf("quota marker cut at %d was read", n)
		}
	}
	if m, ok := ParseMessageBody(append(q, 0)); ok {
		t.Errorf("quota marker with a byte behind it was read: %+v", m)
	}
	if body := AppendMessageBody(nil, 0, false, make([]byte, MaxBody(MinVersion))); len(body) > MessagePadded-2 {
		t.Errorf("the longest message has %d bytes", len(body))
	}
}

func TestNtfMeta(t *testing.T) {
	b := AppendNtfMeta(nil, []byte("msg"), -1)
	eq(t, "metadata", b, []byte("\x03msg\xff\xff\xff\xff\xff\xff\xff\xff"))
	for n := range len(b) + 5 {
		m, ok := ParseNtfMeta(append(b, "later"...)[:n])
		if ok != (n >= len(b)) || ok && (string(m.MsgID) != "msg" || m.Time != -1) {
			t.Errorf("metadata cut at %d: %+v, %v", n, m, ok)
		}
	}
}

func TestEnvelope(t *testing.T) {
	key := append([]byte(spkiX25519), make([]byte, 32)...)
	for _, e := range []Envelope{
		{Version: 4, Key: key, Nonce: [24]byte{1}, Encrypted: []byte("box")},
		{Version: 1, Nonce: [24]byte{2}, Encrypted: []byte{}},
	} {
		b := AppendEnvelope(nil, &e)
		minimum := len(b) - len(e.Encrypted)
		for n := range len(b) + 1 {
			if _, ok := ParseEnvelope(b[:n]); ok != (n >= minimum) { // the box runs to the end
				t.Errorf("envelope cut at %d of %d: %v", n, len(b), ok)
			}
		}
		got, _ := ParseEnvelope(b)
		eq(t, "envelope", AppendEnvelope(nil, &got), b)
	}
	if with, without := EnvelopePaddedWithKey+16+2+1+45+24, EnvelopePadded+16+2+1+24; with > MaxBody(19) || without > MaxBody(19) {
		t.Errorf("envelopes of %d and %d bytes", with, without)
	}
}

func TestClientMessage(t *testing.T) {
	for _, m := range []ClientMessage{
		{SenderKey: append([]byte(spkiEd25519), make([]byte, 32)...), Message: []byte("hi")},
		{SenderKey: append([]byte(spkiEd448), make([]byte, 57)...)},
		{Message: []byte("hi")},
	} {
		b := AppendClientMessage(nil, m)
		got, ok := ParseClientMessage(b)
		if eq(t, "message", got.Message, m.Message); !ok || string(got.SenderKey) != string(m.SenderKey) {
			t.Errorf("%+v: %+v, %v", m, got, ok)
		}
		for n := range len(b) - len(m.Message) {
			if _, ok := ParseClientMessage(b[:n]); ok {
				t.Errorf("message cut at %d was read", n)
			}
		}
	}
	if _, ok := ParseClientMessage([]byte("Xhi")); ok {
		t.Error("a header X was read")
	}
}

func TestMaxBody(t *testing.T) {
	for v, want := range map[Version]int{6: 16088, 7: 16088, 8: 16064, 10: 16064, 11: 16048, 19: 16048, 20: 16048} {
		if got := MaxBody(v); got != want {
			t.Errorf("version %d: %d, want %d", v, got, want)
		}
	}
}
