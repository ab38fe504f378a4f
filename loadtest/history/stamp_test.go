package history

import (
	"bytes"
	"testing"
)

func TestStampRoundTrip(t *testing.T) {
	for _, size := range []int{StampSize, StampSize + 1, 1000, 16000, 16088} {
		s := Stamp{Run: 0x0102030405060708, Queue: 7, Position: 0xfffffffe, Message: 41}
		body := s.Append([]byte("before"), size)[len("before"):]
		if len(body) != size {
			t.Fatalf("body of %d bytes, want %d", len(body), size)
		}
		got, ok := ParseStamp(body)
		if !ok || got != s {
			t.Errorf("size %d: got %+v %v", size, got, ok)
		}
	}
}

func TestStampSeesEachChangedByte(t *testing.T) {
	body := Stamp{Run: 1, Queue: 2, Position: 3, Message: 4}.Append(nil, 200)
	for i := range body {
		changed := bytes.Clone(body)
		changed[i] ^= 0x10
		if _, ok := ParseStamp(changed); ok {
			t.Errorf("byte %d changed and not seen", i)
		}
		if _, ok := ParseStamp(body[:i]); ok {
			t.Errorf("prefix of %d bytes accepted", i)
		}
	}
	if _, ok := ParseStamp(append(bytes.Clone(body), 0)); ok {
		t.Error("a byte too many accepted")
	}
}

func FuzzParseStamp(f *testing.F) {
	f.Add(Stamp{Run: 1, Queue: 2, Position: 3, Message: 4}.Append(nil, StampSize))
	f.Fuzz(func(t *testing.T, body []byte) {
		if s, ok := ParseStamp(body); ok && len(body) == StampSize && !bytes.Equal(s.Append(nil, len(body)), body) {
			t.Errorf("%x parses and is not what Append makes", body)
		}
	})
}
