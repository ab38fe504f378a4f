package tls

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	must(err)
	return b
}

// TestKeySchedule is of the simple 1-RTT handshake of RFC 8448 section 3.
func TestKeySchedule(t *testing.T) {
	s := suiteByID(AES128GCMSHA256)
	early := newEarlySecret(s)
	handshake := s.handshake(unhex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d"))
	server := trafficSecret(unhex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"))
	for _, test := range []struct {
		name string
		got  []byte
		want string
	}{
		{"early secret", early.secret, "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a"},
		{"derived", early.derived(), "6f2615a108c702c5678f54fc9dbab69716c076189c48250cebeac3576c3611ba"},
		{"master secret", handshake.master().secret, "18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919"},
		{"server key", server.key(s), "3fce516009c21727d0f2e4e86ee403bc"},
		{"server iv", server.iv(s), "5d313eb2671276ee13000b30"},
	} {
		if !bytes.Equal(test.got, unhex(test.want)) {
			t.Errorf("%s: %x, want %s", test.name, test.got, test.want)
		}
	}
}
