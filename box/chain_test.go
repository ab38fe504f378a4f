package box

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"testing"
)

type chainStepVector struct{ Key, Nonce hexBytes }

func TestChainVectors(t *testing.T) {
	type vector struct {
		Salt, Secret hexBytes
		Key1         hexBytes          `json:"chain_key_1"`
		Key2         hexBytes          `json:"chain_key_2"`
		Steps1       []chainStepVector `json:"steps_1"`
		Steps2       []chainStepVector `json:"steps_2"`
		Content      hexBytes
		Blocks       []output
	}
	for _, v := range cases[vector](t, "sb_chain") {
		router, client := NewChains(v.Salt, (*[KeySize]byte)(v.Secret))
		if !bytes.Equal(router.key[:], v.Key1) || !bytes.Equal(client.key[:], v.Key2) {
			t.Fatalf("chain keys %x %x", router.key, client.key)
		}
		sealing := router
		checkSteps(t, router, v.Steps1)
		checkSteps(t, client, v.Steps2)
		for i := range v.Blocks {
			v.Blocks[i].check(t, sealBlock(t, &sealing, v.Content))
		}
	}
}

// TestChainsAgainstHKDF: session identifiers of any length that a hash has room for.
func TestChainsAgainstHKDF(t *testing.T) {
	for n := range hashSize + 1 {
		salt := bytes.Repeat([]byte{byte(n)}, n)
		secret := sha512.Sum512_256(salt)
		want, err := hkdf.Key(sha512.New, secret[:], salt, chainInitInfo, 2*KeySize)
		if err != nil {
			t.Fatal(err)
		}
		router, client := NewChains(salt, &secret)
		if got := append(router.key[:], client.key[:]...); !bytes.Equal(got, want) {
			t.Errorf("salt of %d bytes: keys %x, want %x", n, got, want)
		}
	}
}

func checkSteps(t *testing.T, c Chain, steps []chainStepVector) {
	t.Helper()
	for i, s := range steps {
		var key [KeySize]byte
		var nonce [NonceSize]byte
		c.Next(&key, &nonce)
		if !bytes.Equal(key[:], s.Key) || !bytes.Equal(nonce[:], s.Nonce) {
			t.Errorf("step %d: key %x nonce %x", i, key, nonce)
		}
	}
}

// sealBlock returns the encrypted block with the content.
func sealBlock(tb testing.TB, c *Chain, content []byte) []byte {
	tb.Helper()
	block := make([]byte, 16384)
	copy(block[blockOverhead:], content)
	if err := c.SealBlock(block, len(content)); err != nil {
		tb.Fatal(err)
	}
	return block
}

// TestChainDerived has the values that the protocol's description gives for a
// fixed secret and session ID.
func TestChainDerived(t *testing.T) {
	secret := [KeySize]byte(filled(KeySize, 0x42))
	sessionID := make([]byte, 32)
	for i := range sessionID {
		sessionID[i] = byte(i)
	}
	router, client := NewChains(sessionID, &secret)
	checkHex(t, router.key[:], "8530811e75af88d1ed785c0a0bf3ef1641784f86c2a536c08c113991facd8109")
	checkHex(t, client.key[:], "53cce3394db1d28666f86a0b302af6be23a5057d17f1e5459b788aa034849c16")
	content := append(append([]byte{1, 0, 0x1f, 0, 24}, filled(24, 7)...), 0, 'P', 'I', 'N', 'G')
	block := sealBlock(t, &router, content)
	checkHex(t, block[:32], "29fd7e2d2132797ea00f198db4bb87387aa3c74c97bfef0fbdf030f872c02783")
	sum := Fingerprint(block)
	checkHex(t, sum[:], "31c67ae656003720afa802b5aa1183fcac33cf8aa91ceaba31a852c9e37c68b9")
	checkHex(t, router.key[:], "6208fcafa0eadcdabe0b4e1b66be7a4d9f720b267f69500f343c55d823e3086d")
}

func checkHex(t *testing.T, got []byte, want string) {
	t.Helper()
	if hex.EncodeToString(got) != want {
		t.Errorf("got %x, want %s", got, want)
	}
}

// TestChainStepOracle compares the hand-made HKDF with the standard library's.
func TestChainStepOracle(t *testing.T) {
	rnd := random(t)
	var key [KeySize]byte
	for range 200 {
		rnd.Read(key[:])
		want, err := hkdf.Key(sha512.New, key[:], nil, chainStepInfo, 2*hashSize)
		if err != nil {
			t.Fatal(err)
		}
		var got [2 * hashSize]byte
		if chainStep(&got, &key); !bytes.Equal(got[:], want) {
			t.Fatalf("key %x: got %x, want %x", key, got, want)
		}
	}
}

func TestChainBlocks(t *testing.T) {
	var secret [KeySize]byte
	send, _ := NewChains(nil, &secret)
	receive := send
	for _, n := range []int{0, 1, 200, 16000, 16366} {
		content, ok := receive.OpenBlock(sealBlock(t, &send, filled(n, 'c')))
		if !ok || !bytes.Equal(content, filled(n, 'c')) {
			t.Fatalf("%d bytes: %v", n, ok)
		}
	}
	bad := sealBlock(t, &send, []byte("bad"))
	bad[0] ^= 1
	if _, ok := receive.OpenBlock(bad); ok {
		t.Error("changed block opened")
	}
	if content, ok := receive.OpenBlock(sealBlock(t, &send, []byte("next"))); !ok || string(content) != "next" {
		t.Errorf("after a bad block: %q, %v", content, ok)
	}
	if _, ok := receive.OpenBlock(nil); ok {
		t.Error("empty block opened")
	}
}

func TestSealBlockTooLarge(t *testing.T) {
	var secret [KeySize]byte
	send, _ := NewChains(nil, &secret)
	before, block := send, make([]byte, 16384)
	if err := send.SealBlock(block, 16367); !errors.Is(err, ErrLargeMessage) {
		t.Errorf("got %v", err)
	}
	if send != before || !bytes.Equal(block, make([]byte, 16384)) {
		t.Error("chain or block changed")
	}
}
