package box

import (
	"bytes"
	"errors"
	"testing"
)

// algNames are the names of algorithms in the vectors.
var algNames = map[string]Alg{"ed25519": Ed25519, "ed448": Ed448, "x25519": X25519, "x448": X448}

type keyVectors struct {
	Key []struct {
		Algorithm  string
		PublicRaw  hexBytes `json:"public_raw"`
		PublicDER  hexBytes `json:"public_der"`
		PrivateRaw hexBytes `json:"private_raw"`
		PrivateDER hexBytes `json:"private_der"`
	}
	Decode []struct {
		Kind              string
		DER               hexBytes
		Any, Auth, X25519 bool
	} `json:"key_decode"`
}

func TestKeyVectors(t *testing.T) {
	var all keyVectors
	load(t, "keys.json", &all)
	for _, v := range all.Key {
		alg := algNames[v.Algorithm]
		private, err := NewPrivateKey(alg, v.PrivateRaw)
		if err != nil {
			t.Fatal(err)
		}
		public := private.Public()
		if public.Alg() != alg || !bytes.Equal(public.Bytes(), v.PublicRaw) {
			t.Errorf("%v: public %x, want %x", alg, public.Bytes(), v.PublicRaw)
		}
		if der := private.AppendPKCS8(nil); !bytes.Equal(der, v.PrivateDER) {
			t.Errorf("%v: PKCS#8 %x", alg, der)
		}
		if der := public.AppendSPKI(nil); !bytes.Equal(der, v.PublicDER) {
			t.Errorf("%v: SPKI %x", alg, der)
		}
		if again, err := ParseSPKI(v.PublicDER); err != nil || again != public {
			t.Errorf("%v: parsed %v, %v", alg, again, err)
		}
		if again, err := ParsePKCS8(v.PrivateDER); err != nil || again.Public() != public {
			t.Errorf("%v: parsed %v", alg, err)
		}
	}
	for _, v := range all.Decode {
		_, errAny := ParseSPKI(v.DER)
		_, errAuth := ParseAuthKey(v.DER)
		_, errX := ParseX25519(v.DER)
		if (errAny == nil) != v.Any || (errAuth == nil) != v.Auth || (errX == nil) != v.X25519 {
			t.Errorf("%s: any %v, auth %v, x25519 %v", v.Kind, errAny, errAuth, errX)
		}
	}
}

// TestKeyStrict changes every bit before the raw key, and the length.
func TestKeyStrict(t *testing.T) {
	for _, alg := range []Alg{Ed25519, Ed448, X25519, X448} {
		k, err := GenerateKey(alg, random(t))
		if err != nil {
			t.Fatal(err)
		}
		public := k.Public()
		der := public.AppendSPKI(nil)
		for i := range spkiPrefixSize * 8 {
			bad := bytes.Clone(der)
			bad[i/8] ^= 1 << (i % 8)
			// Ed25519 and X25519, and so on, differ in bits of one byte.
			if got, err := ParseSPKI(bad); err == nil && got.Alg() == alg {
				t.Errorf("%v: bit %d changed: parsed as %v", alg, i, got.Alg())
			}
		}
		for n := range der {
			if _, err := ParseSPKI(der[:n]); !errors.Is(err, ErrKey) {
				t.Errorf("%v: prefix of %d bytes: %v", alg, n, err)
			}
		}
		pkcs8 := k.AppendPKCS8(nil)
		for n := range pkcs8 {
			if _, err := ParsePKCS8(pkcs8[:n]); !errors.Is(err, ErrKey) {
				t.Errorf("%v: PKCS#8 prefix of %d bytes: %v", alg, n, err)
			}
		}
	}
}

func TestNoKey(t *testing.T) {
	var k PublicKey
	if !k.IsZero() || k.Alg() != 0 || k.Bytes() != nil || k.Alg().String() != "none" {
		t.Errorf("the zero key is %v %x", k.Alg(), k.Bytes())
	}
	for _, alg := range []Alg{0, X448 + 1} {
		if _, err := NewPublicKey(alg, nil); !errors.Is(err, ErrKey) {
			t.Errorf("algorithm %d: %v", alg, err)
		}
		if _, err := GenerateKey(alg, random(t)); !errors.Is(err, ErrKey) {
			t.Errorf("algorithm %d: %v", alg, err)
		}
	}
	if _, err := GenerateKey(Ed25519, bytes.NewReader(nil)); err == nil {
		t.Error("no error without randomness")
	}
}

func TestX25519Accessors(t *testing.T) {
	for _, alg := range []Alg{Ed25519, X25519} {
		k, err := GenerateKey(alg, random(t))
		if err != nil {
			t.Fatal(err)
		}
		public := k.Public()
		raw, ok := public.X25519()
		_, okPrivate := k.X25519()
		if ok != (alg == X25519) || okPrivate != ok {
			t.Errorf("%v: %v and %v", alg, ok, okPrivate)
		}
		if ok && !bytes.Equal(AppendX25519(nil, raw), public.AppendSPKI(nil)) {
			t.Error("two encodings of one key")
		}
	}
}

func FuzzParseSPKI(f *testing.F) {
	for alg := range dummies {
		if alg != 0 {
			f.Add(dummies[alg].AppendSPKI(nil))
		}
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		k, err := ParseSPKI(der)
		if err != nil {
			return
		}
		if again := k.AppendSPKI(nil); !bytes.Equal(again, der) {
			t.Errorf("%x encodes to %x", der, again)
		}
	})
}

func FuzzParsePKCS8(f *testing.F) {
	for alg := Ed25519; alg <= X448; alg++ {
		k, err := NewPrivateKey(alg, make([]byte, algs[alg].secret))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(k.AppendPKCS8(nil))
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		k, err := ParsePKCS8(der)
		if err != nil {
			return
		}
		if again := k.AppendPKCS8(nil); !bytes.Equal(again, der) {
			t.Errorf("%x encodes to %x", der, again)
		}
	})
}
