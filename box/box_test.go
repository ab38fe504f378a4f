package box

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// seal pads m to n bytes (n = 0: not at all) and returns the box.
func seal(tb testing.TB, subkey *[KeySize]byte, nonce, m []byte, n int) []byte {
	tb.Helper()
	buf := append(make([]byte, TagSize), m...)
	if n > 0 {
		var err error
		if buf, err = Pad(make([]byte, TagSize), m, n); err != nil {
			tb.Fatal(err)
		}
	}
	Seal(buf, (*[NonceSize]byte)(nonce), subkey)
	return buf
}

func TestBoxVectors(t *testing.T) {
	type vector struct {
		Key, Nonce, Message, Ciphertext hexBytes
		PaddedLen                       int `json:"padded_len"`
	}
	for _, kind := range []string{"sb_encrypt", "sb_encrypt_no_pad"} {
		for _, v := range cases[vector](t, kind) {
			var k [KeySize]byte
			Precompute(&k, (*[KeySize]byte)(v.Key))
			if got := seal(t, &k, v.Nonce, v.Message, v.PaddedLen); !bytes.Equal(got, v.Ciphertext) {
				t.Errorf("%s: got %x, want %x", kind, got, v.Ciphertext)
			}
		}
	}
}

func TestBoxOpenVectors(t *testing.T) {
	type vector struct {
		Kind                   string
		Key, Nonce, Ciphertext hexBytes
		Result                 output
	}
	for _, v := range cases[vector](t, "sb_decrypt") {
		var k [KeySize]byte
		Precompute(&k, (*[KeySize]byte)(v.Key))
		used, okUsed := OpenUsed(bytes.Clone(v.Ciphertext), (*[NonceSize]byte)(v.Nonce), &k)
		padded, ok := Open(bytes.Clone(v.Ciphertext), (*[NonceSize]byte)(v.Nonce), &k)
		if ok != v.Result.present || okUsed != ok {
			t.Errorf("%s: opened %v and %v, want %v", v.Kind, ok, okUsed, v.Result.present)
		}
		if !ok {
			continue
		}
		m, err := Unpad(padded)
		if err != nil {
			t.Error(err)
		}
		v.Result.check(t, m)
		v.Result.check(t, used)
	}
}

func TestDHBoxVectors(t *testing.T) {
	type vector struct {
		Private1   hexBytes `json:"private_1"`
		Public1    hexBytes `json:"public_1"`
		Private2   hexBytes `json:"private_2"`
		Public2    hexBytes `json:"public_2"`
		Secret     hexBytes `json:"dh_secret"`
		Nonce      hexBytes
		Message    hexBytes
		PaddedLen  int `json:"padded_len"`
		Ciphertext hexBytes
		NoPad      hexBytes `json:"no_pad_ciphertext"`
	}
	for _, v := range cases[vector](t, "cb_encrypt") {
		k := subkey(t, v.Private1, v.Public2)
		if *k != *subkey(t, v.Private2, v.Public1) {
			t.Error("the two sides disagree")
		}
		if got := seal(t, k, v.Nonce, v.Message, v.PaddedLen); !bytes.Equal(got, v.Ciphertext) {
			t.Errorf("got %x, want %x", got, v.Ciphertext)
		}
		if got := seal(t, k, v.Nonce, v.Message, 0); !bytes.Equal(got, v.NoPad) {
			t.Errorf("got %x, want %x", got, v.NoPad)
		}
	}
}

// TestMessageVectors seals message bodies and notification metadata as a
// router does: the nonce is the message ID, bodies are padded to 16,106 bytes,
// metadata to 128.
func TestMessageVectors(t *testing.T) {
	type vector struct {
		Private      hexBytes `json:"server_dh_private"`
		Public       hexBytes `json:"recipient_dh_public"`
		MsgID        hexBytes `json:"msg_id"`
		Nonce        hexBytes
		Seconds      int64
		Notification bool
		BodyLen      int  `json:"body_len"`
		BodyByte     byte `json:"body_byte"`
		Plaintext    hexBytes
		Ciphertext   output
	}
	for kind, size := range map[string]int{
		"rcv_msg_body": 16106, "rcv_msg_body_fill": 16106, "rcv_msg_quota": 16106, "nmsg_meta": 128,
	} {
		for _, v := range cases[vector](t, kind) {
			if kind == "rcv_msg_body_fill" {
				flag := byte('F')
				if v.Notification {
					flag = 'T'
				}
				v.Plaintext = binary.BigEndian.AppendUint64(nil, uint64(v.Seconds))
				v.Plaintext = append(append(v.Plaintext, flag, ' '), filled(v.BodyLen, v.BodyByte)...)
			}
			nonce := v.MsgID
			if v.Nonce != nil {
				nonce = v.Nonce
			}
			got := seal(t, subkey(t, v.Private, v.Public), nonce, v.Plaintext, size)
			if len(got) != size+TagSize {
				t.Errorf("%s: %d bytes", kind, len(got))
			}
			v.Ciphertext.check(t, got)
		}
	}
}
