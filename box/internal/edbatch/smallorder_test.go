package edbatch

import (
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/hex"
	"testing"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// smallOrder are the encodings of the eight points whose order divides 8, and
// the other encodings of them that decoders take: y not below 2^255-19, and a
// sign of x = 0.
var smallOrder = func() (points [][32]byte) {
	for _, s := range []string{
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"0100000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	} {
		b, err := hex.DecodeString(s)
		if err != nil {
			panic(err)
		}
		points = append(points, [32]byte(b))
	}
	return points
}()

// TestSmallOrder has all pairs of such points as key and R with S = 0, which is
// good where R = −k·A. Apart the verdicts are those of crypto/ed25519; a batch
// accepts all with a canonical R, and so whatever crypto/ed25519 does.
func TestSmallOrder(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		accepted := 0
		for message := range byte(4) {
			for _, key := range smallOrder {
				var all []*signed
				var b Batch
				for _, r := range smallOrder {
					s := &signed{key: key, message: []byte{message}}
					copy(s.sig[:], r[:])
					all = append(all, s)
					s.addTo(&b, false)
				}
				compare(t, all, true)
				b.Run()
				for i, s := range all {
					if s.std() {
						accepted++
					}
					if b.Ok(i) != (i < 8) || s.std() && !b.Ok(i) {
						t.Errorf("key %x, R %x: %v", key, s.sig[:32], b.Ok(i))
					}
				}
			}
		}
		if accepted < 4 {
			t.Errorf("only %d cases are good", accepted)
		}
	})
}

// TestMixedOrder signs with R that has a component of small order, as only the
// holder of the private key can: a batch accepts it, by itself it is refused.
func TestMixedOrder(t *testing.T) {
	rnd := random(t)
	var seed [ed25519.SeedSize]byte
	rnd.Read(seed[:])
	mixed := signMixed(t, seed[:], &smallOrder[4])
	if mixed.std() {
		t.Fatal("not a case for this test")
	}
	eachPath(t, func(t *testing.T) {
		compare(t, []*signed{mixed}, true)
		var b Batch
		mixed.addTo(&b, false)
		for range minBatch {
			newSigned(rnd).addTo(&b, false)
		}
		b.Run()
		if !b.Ok(0) || !b.Ok(1) {
			t.Error("refused in a batch")
		}
	})
}

// signMixed returns a signature with R = r·B + torsion.
func signMixed(t *testing.T, seed []byte, torsion *[32]byte) *signed {
	t.Helper()
	s := &signed{message: []byte("mixed")}
	copy(s.key[:], ed25519.NewKeyFromSeed(seed)[32:])
	h := sha512.Sum512(seed)
	h[0] &= 248
	h[31] = h[31]&63 | 64
	toScalar := func(wide []byte) *scalar.Scalar {
		n, err := scalar.NewFromBytesModOrderWide(wide)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	private := toScalar(append(h[:32:32], make([]byte, 32)...))
	secret := toScalar(append(h[32:], make([]byte, 32)...))
	var r, small curve.EdwardsPoint
	if !decode(&small, torsion) {
		t.Fatal("no point")
	}
	r.MulBasepoint(curve.ED25519_BASEPOINT_TABLE, secret)
	r.Add(&r, &small)
	var encoded curve.CompressedEdwardsY
	encoded.SetEdwardsPoint(&r)
	copy(s.sig[:32], encoded[:])
	hash := sha512.New()
	hash.Write(s.sig[:32])
	hash.Write(s.key[:])
	hash.Write(s.message)
	k := toScalar(hash.Sum(nil))
	k.Add(k.Mul(k, private), secret)
	if err := k.ToBytes(s.sig[32:]); err != nil {
		t.Fatal(err)
	}
	return s
}
