package box

import "testing"

// TestNoAllocations holds the paths of SEND, MSG, ACK and SUB to no allocation
// in steady state.
func TestNoAllocations(t *testing.T) {
	if raceEnabled {
		return
	}
	key, nonce, secret := [KeySize]byte{1}, [NonceSize]byte{2}, [KeySize]byte{3}
	block := make([]byte, 16384)
	send, _ := NewChains(nil, &secret)
	receive := send
	pub := [KeySize]byte{9}
	var corrID [24]byte
	var hash [64]byte
	auth := make([]byte, 0, AuthenticatorSize)
	der := dummies[Ed25519].AppendSPKI(nil)
	var ids IDsHash
	for name, f := range map[string]func(){
		"Precompute, Seal, Open": func() {
			Precompute(&key, &key)
			Seal(block, &nonce, &key)
			if _, ok := Open(block, &nonce, &key); !ok {
				t.Error("box does not open")
			}
		},
		"blocks": func() {
			err := send.SealBlock(block, 200)
			if _, ok := receive.OpenBlock(block); !ok || err != nil {
				t.Error("block does not open")
			}
		},
		"DH":            func() { _ = DH(&secret, &key, &pub) },
		"authenticator": func() { auth = AppendAuthenticator(auth[:0], &secret, corrID[:], &hash) },
		"ParseAuthKey":  func() { _, _ = ParseAuthKey(der) },
		"IDsHash":       func() { ids.Toggle(corrID[:]) },
		"SenderID":      func() { _ = SenderIDFromCorrID(corrID[:]) },
	} {
		if n := testing.AllocsPerRun(20, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// TestVerifierNoAllocations has claims with one key, and with several candidates,
// whose signatures are verified by themselves.
func TestVerifierNoAllocations(t *testing.T) {
	if raceEnabled {
		return
	}
	for _, alg := range []Alg{Ed25519, X25519} {
		for _, candidates := range []int{1, 2} {
			if alg == Ed25519 && candidates == 1 && !hasKernels {
				continue
			}
			v := Verifier{Secrets: NewSecretCache(4)}
			key, claim := benchClaim(t, alg)
			claim.Secrets = new(SessionSecrets)
			drain := func() {
				v.Reset()
				for range 8 {
					v.Add(claim, key)
					for range candidates - 1 {
						v.AddCandidate(key)
					}
				}
				v.Run()
				if !v.Ok(0) {
					t.Error("refused")
				}
			}
			if n := testing.AllocsPerRun(5, drain); n != 0 {
				t.Errorf("%v with %d keys: %v allocations", alg, candidates, n)
			}
		}
	}
}
