// Package vectors reads the golden vectors of the reference for the tests of xftp and the rooms below. Only tests
// import it.
package vectors

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"testing"
)

// Hex is a byte string written in hexadecimal; null is nil.
type Hex []byte

// UnmarshalJSON reads hexadecimal or null.
func (h *Hex) UnmarshalJSON(b []byte) error {
	var s *string
	if err := json.Unmarshal(b, &s); err != nil || s == nil {
		return err
	}
	raw, err := hex.DecodeString(*s)
	*h = append(Hex{}, raw...)
	return err
}

// Big is a long output, known by its ends and its hash.
type Big struct {
	Len     int
	SHA256  Hex
	First64 Hex
	Last64  Hex
}

// Equal tells whether b is the output.
func (o *Big) Equal(b []byte) bool {
	sum := sha256.Sum256(b)
	return len(b) == o.Len && string(sum[:]) == string(o.SHA256)
}

// Read is the JSON of a compressed file of vectors.
func Read(t testing.TB, file string) []byte {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Load reads the cases that have the given name, and fails the test when there are none.
func Load[T any](t *testing.T, file, name string) (cases []T) {
	t.Helper()
	var all []json.RawMessage
	if err := json.Unmarshal(Read(t, file), &all); err != nil {
		t.Fatal(err)
	}
	for _, raw := range all {
		var kind struct{ Name string }
		if err := json.Unmarshal(raw, &kind); err != nil {
			t.Fatal(err)
		}
		if kind.Name != name {
			continue
		}
		var c T
		if err := json.Unmarshal(raw, &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	if len(cases) == 0 {
		t.Fatalf("no cases %s", name)
	}
	return cases
}
