package box

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
)

// The vectors in testdata were produced by the reference implementation
// (simplexmq 6.5.2.0); keys in them are DER unless a test says that they are
// raw.

// hexBytes is a byte string of a vector; nil where the vector has null.
type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) error {
	b, err := hex.AppendDecode([]byte{}, text)
	*h = b
	return err
}

// output is an expected result: complete, or length, hash and both ends of a
// big one. It is absent where the vector has null.
type output struct {
	present         bool
	whole           hexBytes
	Len             int
	SHA256          hexBytes
	First64, Last64 hexBytes
}

func (o *output) UnmarshalJSON(b []byte) error {
	switch {
	case string(b) == "null":
		return nil
	case b[0] == '"':
		o.present = true
		return json.Unmarshal(b, &o.whole)
	}
	o.present = true
	type plain output
	return json.Unmarshal(b, (*plain)(o))
}

func (o *output) check(t *testing.T, got []byte) {
	t.Helper()
	if o.whole != nil {
		if !bytes.Equal(got, o.whole) {
			t.Errorf("got %x\nwant %x", got, o.whole)
		}
		return
	}
	if sum := sha256.Sum256(got); len(got) != o.Len || !bytes.Equal(sum[:], o.SHA256) {
		t.Errorf("got %d bytes %x…, want %d bytes %x…", len(got), got[:min(len(got), 64)], o.Len, o.First64)
	}
}

// load reads a file of testdata into v; names that end in .gz are inflated.
func load(tb testing.TB, name string, v any) {
	tb.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			tb.Fatal(err)
		}
	}
	if err := json.NewDecoder(r).Decode(v); err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
}

// cases returns the vectors of one kind in crypto.json.gz.
func cases[T any](tb testing.TB, kind string) []T {
	tb.Helper()
	var all map[string]json.RawMessage
	load(tb, "crypto.json.gz", &all)
	var list []T
	if err := json.Unmarshal(all[kind], &list); err != nil {
		tb.Fatalf("%s: %v", kind, err)
	}
	if len(list) == 0 {
		tb.Fatalf("no vectors of kind %s", kind)
	}
	return list
}

// privateX25519 and publicX25519 return the raw keys in DER.
func privateX25519(tb testing.TB, der []byte) *[KeySize]byte {
	tb.Helper()
	k, err := ParsePKCS8(der)
	if err != nil {
		tb.Fatal(err)
	}
	raw, ok := k.X25519()
	if !ok {
		tb.Fatal("not an X25519 key")
	}
	return raw
}

func publicX25519(tb testing.TB, der []byte) *[KeySize]byte {
	tb.Helper()
	raw, err := ParseX25519(der)
	if err != nil {
		tb.Fatal(err)
	}
	return &raw
}

// subkey is Precompute of DH of keys in DER.
func subkey(tb testing.TB, private, public []byte) *[KeySize]byte {
	tb.Helper()
	var k [KeySize]byte
	if err := DH(&k, privateX25519(tb, private), publicX25519(tb, public)); err != nil {
		tb.Fatal(err)
	}
	Precompute(&k, &k)
	return &k
}

// filled returns n bytes equal to b.
func filled(n int, b byte) []byte { return bytes.Repeat([]byte{b}, n) }
