package smp

import (
	"encoding/base64"
	"strconv"
	"testing"
)

type numberCase struct {
	Value   uint64
	Encoded hexBytes
}

func TestNumbers(t *testing.T) {
	cases := readVectors[rawCase](t, "encoding")
	eachCase(t, cases, "word16", 11, func(t *testing.T, c numberCase) {
		eq(t, "word16", AppendU16(nil, uint16(c.Value)), c.Encoded)
		if x, rest, ok := ParseU16(c.Encoded); !ok || len(rest) > 0 || x != uint16(c.Value) {
			t.Errorf("ParseU16(%x) = %d, %x, %v", c.Encoded, x, rest, ok)
		}
	})
	eachCase(t, cases, "word32", 10, func(t *testing.T, c numberCase) {
		eq(t, "word32", AppendU32(nil, uint32(c.Value)), c.Encoded)
		if x, rest, ok := ParseU32(c.Encoded); !ok || len(rest) > 0 || x != uint32(c.Value) {
			t.Errorf("ParseU32(%x) = %d, %x, %v", c.Encoded, x, rest, ok)
		}
	})
	signed := func(t *testing.T, c struct {
		Value, Seconds string
		Encoded        hexBytes
	}) {
		want, err := strconv.ParseInt(c.Value+c.Seconds, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		eq(t, "int64", AppendI64(nil, want), c.Encoded)
		if x, rest, ok := ParseI64(c.Encoded); !ok || len(rest) > 0 || x != want {
			t.Errorf("ParseI64(%x) = %d, %x, %v", c.Encoded, x, rest, ok)
		}
	}
	eachCase(t, cases, "int64", 14, signed)
	eachCase(t, cases, "system_time", 5, signed)
}

type bytesCase struct{ Value, Encoded hexBytes }

func TestStrings(t *testing.T) {
	cases := readVectors[rawCase](t, "encoding")
	eachCase(t, cases, "bytestring", 9, func(t *testing.T, c bytesCase) {
		eq(t, "short", AppendShort(nil, c.Value), c.Encoded)
		s, rest, ok := ParseShort(c.Encoded)
		if eq(t, "parsed short", s, c.Value); !ok || len(rest) > 0 {
			t.Errorf("ParseShort(%x): %v, rest %x", c.Encoded, ok, rest)
		}
	})
	// The reference lets the length byte overflow, and its peer reads something else. Here it is a bug of the caller.
	eachCase(t, cases, "bytestring_overflow", 3, func(t *testing.T, c bytesCase) {
		mustPanic(t, func() { AppendShort(nil, c.Value) })
	})
	eachCase(t, cases, "large", 7, func(t *testing.T, c bytesCase) {
		eq(t, "large", AppendLarge(nil, c.Value), c.Encoded)
		s, rest, ok := ParseLarge(c.Encoded)
		if eq(t, "parsed large", s, c.Value); !ok || len(rest) > 0 {
			t.Errorf("ParseLarge(%x): %v, rest %x", c.Encoded, ok, rest)
		}
	})
	eachCase(t, cases, "text", 4, func(t *testing.T, c struct {
		Value   string
		Encoded hexBytes
	}) {
		eq(t, "text", AppendShort(nil, []byte(c.Value)), c.Encoded)
	})
	eachCase(t, cases, "maybe_bytestring", 4, func(t *testing.T, c bytesCase) {
		eq(t, "maybe", AppendMaybeShort(nil, c.Value), c.Encoded)
		s, rest, ok := ParseMaybeShort(c.Encoded)
		if eq(t, "parsed maybe", s, c.Value); !ok || len(rest) > 0 || (s == nil) != (c.Value == nil) {
			t.Errorf("ParseMaybeShort(%x): %v, rest %x, nil %v", c.Encoded, ok, rest, s == nil)
		}
	})
	mustPanic(t, func() { AppendLarge(nil, make([]byte, 0x10000)) })
}

func TestTuple(t *testing.T) {
	cases := readVectors[rawCase](t, "encoding")
	eachCase(t, cases, "bool", 2, func(t *testing.T, c struct {
		Value   bool
		Encoded hexBytes
	}) {
		eq(t, "bool", AppendBool(nil, c.Value), c.Encoded)
		if x, rest, ok := ParseBool(c.Encoded); !ok || len(rest) > 0 || x != c.Value {
			t.Errorf("ParseBool(%x) = %v, %x, %v", c.Encoded, x, rest, ok)
		}
	})
	eachCase(t, cases, "tuple", 1, func(t *testing.T, c struct {
		Word16                  uint16
		ByteString, Large, Tail hexBytes
		Bool                    bool
		MaybeWord32             uint32 `json:"maybe_word32"`
		Encoded                 hexBytes
	}) {
		b := AppendLarge(AppendShort(AppendU16(nil, c.Word16), c.ByteString), c.Large)
		b = AppendU32(append(AppendBool(b, c.Bool), '1'), c.MaybeWord32)
		eq(t, "tuple", append(b, c.Tail...), c.Encoded)
	})
	list := func(t *testing.T, c struct {
		Value   []hexBytes
		Encoded hexBytes
	}) {
		b := []byte{byte(len(c.Value))}
		for _, s := range c.Value {
			b = AppendShort(b, s)
		}
		eq(t, "list", b, c.Encoded)
	}
	eachCase(t, cases, "nonempty_bytestring", 4, list)
	eachCase(t, cases, "list_bytestring", 3, list)
}

func TestWholeInput(t *testing.T) {
	cases := readVectors[rawCase](t, "encoding")
	for _, k := range []struct {
		kind  string
		count int
		parse func(b []byte) (rest []byte, ok bool)
	}{
		{"decode_bytestring", 5, func(b []byte) ([]byte, bool) { _, rest, ok := ParseShort(b); return rest, ok }},
		{"decode_bool", 6, func(b []byte) ([]byte, bool) { _, rest, ok := ParseBool(b); return rest, ok }},
		{"decode_maybe_bytestring", 7, func(b []byte) ([]byte, bool) { _, rest, ok := ParseMaybeShort(b); return rest, ok }},
		{"decode_large", 5, func(b []byte) ([]byte, bool) { _, rest, ok := ParseLarge(b); return rest, ok }},
		{"decode_version_range", 3, func(b []byte) ([]byte, bool) { _, rest, ok := ParseVersionRange(b); return rest, ok }},
	} {
		eachCase(t, cases, k.kind, k.count, func(t *testing.T, c struct {
			Input hexBytes
			OK    bool
		}) {
			if rest, ok := k.parse(c.Input); (ok && len(rest) == 0) != c.OK {
				t.Errorf("%s %x: %v, rest %x, want %v", k.kind, c.Input, ok, rest, c.OK)
			}
		})
	}
}

func TestBase64URL(t *testing.T) {
	eachCase(t, readVectors[rawCase](t, "encoding"), "base64url_parse", 13, func(t *testing.T, c struct {
		Input  string
		Result hexBytes
	}) {
		got, ok := parseBase64URL(c.Input)
		if ok != (c.Result != nil) || ok && string(got) != string(c.Result) {
			t.Errorf("base64url %q: %x, %v, want %x", c.Input, got, ok, c.Result)
		}
	})
	if _, ok := parseBase64URL("YW\nI="); ok {
		t.Error("base64url with a line break was read")
	}
}

func TestKeys(t *testing.T) {
	cases := readVectors[rawCase](t, "encoding")
	algorithms := map[string]KeyAlg{"ed25519": KeyEd25519, "ed448": KeyEd448, "x25519": KeyX25519, "x448": KeyX448}
	eachCase(t, cases, "key", 8, func(t *testing.T, c struct {
		Algorithm  string
		DER        hexBytes `json:"public_der"`
		SMP        hexBytes `json:"public_smp"`
		PublicText string   `json:"public_text"`
	}) {
		if got := KeyAlgorithm(c.DER); got != algorithms[c.Algorithm] {
			t.Errorf("%s: algorithm %d", c.Algorithm, got)
		}
		eq(t, "key", AppendShort(nil, c.DER), c.SMP)
		if text := base64.URLEncoding.EncodeToString(c.DER); text != c.PublicText {
			t.Errorf("key text %s, want %s", text, c.PublicText)
		}
		for n := range c.DER {
			if got := KeyAlgorithm(c.DER[:n]); got != KeyNone {
				t.Errorf("%s cut at %d: algorithm %d", c.Algorithm, n, got)
			}
		}
	})
	eachCase(t, cases, "key_decode", 8, func(t *testing.T, c struct {
		Kind                  string
		DER                   hexBytes
		Any, Auth, Verify, DH bool
		IsX25519              bool `json:"x25519"`
		IsEd25519             bool `json:"ed25519"`
	}) {
		alg := KeyAlgorithm(c.DER)
		_, _, auth := parseAuthKey(AppendShort(nil, c.DER))
		_, _, dh := parseDHKey(AppendShort(nil, c.DER))
		got := []bool{alg != KeyNone, auth, alg == KeyEd25519 || alg == KeyEd448, alg == KeyX25519 || alg == KeyX448,
			alg == KeyX25519, dh, alg == KeyEd25519}
		want := []bool{c.Any, c.Auth, c.Verify, c.DH, c.IsX25519, c.IsX25519, c.IsEd25519}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("key %s: check %d is %v", c.Kind, i, got[i])
			}
		}
	})
}

func TestFact56VersionRanges(t *testing.T) {
	cases := readVectors[rawCase](t, "encoding")
	type rangeCase struct {
		Min, Max    Version
		Input, Text string
		Encoded     hexBytes
	}
	eachCase(t, cases, "version_range", 4, func(t *testing.T, c rangeCase) {
		r := VersionRange{c.Min, c.Max}
		if eq(t, "range", AppendVersionRange(nil, r), c.Encoded); r.String() != c.Text {
			t.Errorf("range text %s, want %s", r, c.Text)
		}
		if got, ok := ParseVersionRangeText(c.Text); !ok || got != r {
			t.Errorf("range %s: %v, %v", c.Text, got, ok)
		}
	})
	eachCase(t, cases, "version_range_text_parse", 1, func(t *testing.T, c rangeCase) {
		if r, ok := ParseVersionRangeText(c.Input); !ok || r.String() != c.Text || r.Min != c.Min || r.Max != c.Max {
			t.Errorf("range %s: %v, %v", c.Input, r, ok)
		}
	})
	eachCase(t, cases, "parse_version_range_text", 5, func(t *testing.T, c struct {
		Input string
		OK    bool
	}) {
		if r, ok := ParseVersionRangeText(c.Input); ok != c.OK {
			t.Errorf("range %q: %v, %v", c.Input, r, ok)
		}
	})
	eachCase(t, cases, "version_agreement", 15, func(t *testing.T, c struct {
		Range1, Range2 [2]Version
		Agreed         *Version
		Intersection   *[2]Version
	}) {
		a, b := VersionRange{c.Range1[0], c.Range1[1]}, VersionRange{c.Range2[0], c.Range2[1]}
		both, ok := a.Intersect(b)
		if ok != (c.Agreed != nil) {
			t.Errorf("%v and %v: %v", a, b, ok)
		} else if ok && (both.Max != *c.Agreed || both != VersionRange{c.Intersection[0], c.Intersection[1]} || !a.Contains(both.Max)) {
			t.Errorf("%v and %v: %v", a, b, both)
		}
	})
}

func mustPanic(t *testing.T, do func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	do()
}
