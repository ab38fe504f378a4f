package box

import (
	"bytes"
	"errors"
	"testing"
)

func TestFact57PadVectors(t *testing.T) {
	type vector struct {
		Len       int
		PaddedLen int `json:"padded_len"`
		Result    output
	}
	for _, v := range cases[vector](t, "pad") {
		m := filled(v.Len, 'a')
		got, err := Pad(nil, m, v.PaddedLen)
		buf := make([]byte, max(v.PaddedLen, 2+v.Len))[:v.PaddedLen]
		copy(buf[min(2, len(buf)):], m)
		errInPlace := PadInPlace(buf, v.Len)
		if !v.Result.present {
			if !errors.Is(err, ErrLargeMessage) || !errors.Is(errInPlace, ErrLargeMessage) {
				t.Errorf("%d in %d: %v and %v, want ErrLargeMessage", v.Len, v.PaddedLen, err, errInPlace)
			}
			continue
		}
		if err != nil || errInPlace != nil {
			t.Errorf("%d in %d: %v and %v", v.Len, v.PaddedLen, err, errInPlace)
			continue
		}
		v.Result.check(t, got)
		v.Result.check(t, buf)
	}
}

func TestUnpadVectors(t *testing.T) {
	type vector struct{ Padded, Result output }
	for _, v := range cases[vector](t, "unpad") {
		padded := []byte(v.Padded.whole)
		if padded == nil { // the big cases: the length prefix, then 'b' only
			padded = append([]byte{0xff, 0xff}, filled(v.Padded.Len-2, 'b')...)
			v.Padded.check(t, padded)
		}
		got, err := Unpad(padded)
		if !v.Result.present {
			if !errors.Is(err, ErrPadding) {
				t.Errorf("%x…: %v, want ErrPadding", padded[:min(len(padded), 8)], err)
			}
			continue
		}
		if err != nil {
			t.Error(err)
		}
		v.Result.check(t, got)
	}
}

func TestPadAppends(t *testing.T) {
	got, err := Pad([]byte("before"), []byte("m"), 5)
	if err != nil || string(got) != "before\x00\x01m##" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err = Pad([]byte("before"), []byte("m"), 2); err == nil || string(got) != "before" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestNonceVectors(t *testing.T) {
	type vector struct{ Input, Nonce, Reversed hexBytes }
	for _, v := range cases[vector](t, "nonce") {
		nonce := [NonceSize]byte(filled(NonceSize, 0xee))
		if FitNonce(&nonce, v.Input); !bytes.Equal(nonce[:], v.Nonce) {
			t.Errorf("%x: nonce %x", v.Input, nonce)
		}
		if ReverseNonce(&nonce, &nonce); !bytes.Equal(nonce[:], v.Reversed) {
			t.Errorf("%x: reversed %x", v.Input, nonce)
		}
	}
}

func FuzzUnpad(f *testing.F) {
	f.Add([]byte("\x00\x01m#"))
	f.Add([]byte("\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Unpad(b)
		if err != nil {
			return
		}
		if len(m) > padLimit {
			return
		}
		again, err := Pad(nil, m, len(b))
		if err != nil || !bytes.Equal(again[:2+len(m)], b[:2+len(m)]) {
			t.Errorf("%x pads to %x, %v", m, again, err)
		}
	})
}
