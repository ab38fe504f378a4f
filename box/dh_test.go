package box

import (
	"bytes"
	"crypto/ecdh"
	"errors"
	"testing"
)

func TestDHVectors(t *testing.T) {
	type vector struct {
		Private1 hexBytes `json:"private_1"` // raw
		Public1  hexBytes `json:"public_1"`
		Private2 hexBytes `json:"private_2"`
		Public2  hexBytes `json:"public_2"`
		Secret   hexBytes
	}
	for _, v := range cases[vector](t, "dh_x25519") {
		for _, pair := range [][2]hexBytes{{v.Private1, v.Public2}, {v.Private2, v.Public1}} {
			var secret [KeySize]byte
			if err := DH(&secret, (*[KeySize]byte)(pair[0]), (*[KeySize]byte)(pair[1])); err != nil {
				t.Error(err)
			}
			if !bytes.Equal(secret[:], v.Secret) {
				t.Errorf("secret %x, want %x", secret, v.Secret)
			}
		}
		var public [KeySize]byte
		if PublicX25519(&public, (*[KeySize]byte)(v.Private1)); !bytes.Equal(public[:], v.Public1) {
			t.Errorf("public %x, want %x", public, v.Public1)
		}
	}
	// X448 is in the encodings only; its public keys are still made here.
	for _, v := range cases[vector](t, "dh_x448") {
		k, err := NewPrivateKey(X448, v.Private1)
		if err != nil {
			t.Fatal(err)
		}
		if public := k.Public(); !bytes.Equal(public.Bytes(), v.Public1) {
			t.Errorf("public %x, want %x", public.Bytes(), v.Public1)
		}
	}
}

// TestDHOracle compares with the standard library, also for public keys with
// the unused top bit set.
func TestDHOracle(t *testing.T) {
	rnd := random(t)
	for i := range 100 {
		var priv, pub, got [KeySize]byte
		rnd.Read(priv[:])
		rnd.Read(pub[:])
		if i%2 == 0 {
			pub[31] |= 0x80
		}
		k, err := ecdh.X25519().NewPrivateKey(priv[:])
		if err != nil {
			t.Fatal(err)
		}
		p, err := ecdh.X25519().NewPublicKey(pub[:])
		if err != nil {
			t.Fatal(err)
		}
		want, err := k.ECDH(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := DH(&got, &priv, &pub); err != nil || !bytes.Equal(got[:], want) {
			t.Fatalf("private %x public %x: %x, %v", priv, pub, got, err)
		}
	}
}

// checkPublic compares a public key with the standard library's.
func checkPublic(t *testing.T, private [KeySize]byte) {
	t.Helper()
	key, err := ecdh.X25519().NewPrivateKey(private[:])
	if err != nil {
		t.Fatal(err)
	}
	var public [KeySize]byte
	if PublicX25519(&public, &private); !bytes.Equal(public[:], key.PublicKey().Bytes()) {
		t.Fatalf("public key of %x is %x, want %x", private, public, key.PublicKey().Bytes())
	}
}

func TestPublicX25519(t *testing.T) {
	rnd := random(t)
	for range 1000 {
		var private [KeySize]byte
		rnd.Read(private[:])
		checkPublic(t, private)
	}
	for b := range 256 { // digits that are all the same, or carry all the way
		checkPublic(t, [KeySize]byte(filled(KeySize, byte(b))))
		var single [KeySize]byte
		single[b/8] = 1 << (b % 8)
		checkPublic(t, single)
		for i := range single {
			single[i] ^= 0xff
		}
		checkPublic(t, single)
	}
	var public, private [KeySize]byte
	if n := testing.AllocsPerRun(10, func() { PublicX25519(&public, &private) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestDHLowOrder(t *testing.T) {
	one := [KeySize]byte{1}
	prime := [KeySize]byte(filled(KeySize, 0xff)) // p = 2^255-19, a longer way to write 0
	prime[0], prime[31] = 0xed, 0x7f
	for _, pub := range [][KeySize]byte{{}, one, prime} {
		priv, secret := [KeySize]byte{5}, [KeySize]byte{9}
		if err := DH(&secret, &priv, &pub); !errors.Is(err, ErrLowOrder) {
			t.Errorf("public %x: %v", pub, err)
		}
		if secret != [KeySize]byte{} {
			t.Errorf("public %x: secret %x", pub, secret)
		}
	}
}

func TestGenerateX25519(t *testing.T) {
	var priv, pub, want [KeySize]byte
	if err := GenerateX25519(random(t), &priv, &pub); err != nil {
		t.Fatal(err)
	}
	if PublicX25519(&want, &priv); pub != want {
		t.Error("public key of another private key")
	}
	if err := GenerateX25519(bytes.NewReader(nil), &priv, &pub); err == nil {
		t.Error("no error without randomness")
	}
}
