package smp

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

// hexBytes is a byte string of the vectors; null is nil.
type hexBytes []byte

func (h *hexBytes) UnmarshalJSON(text []byte) error {
	var s *string
	if err := json.Unmarshal(text, &s); err != nil || s == nil {
		return err
	}
	b, err := hex.DecodeString(*s)
	*h = append(hexBytes{}, b...)
	return err
}

// digest is an output of the vectors: whole, or its length, hash and ends.
type digest struct {
	Whole  hexBytes
	Len    int
	SHA256 hexBytes
	First  hexBytes
	Last   hexBytes
}

func (d *digest) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		return d.Whole.UnmarshalJSON(text)
	}
	fields := struct {
		Len             *int
		SHA256          *hexBytes
		First64, Last64 *hexBytes
	}{&d.Len, &d.SHA256, &d.First, &d.Last}
	return json.Unmarshal(text, &fields)
}

func (d *digest) matches(b []byte) bool {
	if d.Whole != nil {
		return string(d.Whole) == string(b)
	}
	sum := sha256.Sum256(b)
	return len(b) == d.Len && string(sum[:]) == string(d.SHA256)
}

// readVectors reads testdata/NAME.json.gz.
func readVectors[T any](t *testing.T, name string) []T {
	t.Helper()
	f, err := os.Open("testdata/" + name + ".json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var cases []T
	if err := json.NewDecoder(z).Decode(&cases); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return cases
}

// rawCase is one case of a file with cases of many kinds.
type rawCase struct {
	name string
	text []byte
}

func (c *rawCase) UnmarshalJSON(text []byte) error {
	var head struct{ Name string }
	err := json.Unmarshal(text, &head)
	c.name, c.text = head.Name, append([]byte(nil), text...)
	return err
}

// eachCase runs check on the cases of the given kind and fails when there are not count of them.
func eachCase[T any](t *testing.T, cases []rawCase, kind string, count int, check func(t *testing.T, c T)) {
	t.Helper()
	n := 0
	for _, raw := range cases {
		if raw.name != kind {
			continue
		}
		var c T
		if err := json.Unmarshal(raw.text, &c); err != nil {
			t.Fatalf("%s %d: %v", kind, n, err)
		}
		n++
		check(t, c)
	}
	if n != count {
		t.Errorf("%s: %d cases, want %d", kind, n, count)
	}
}

// allVersions calls do with every version from lo to hi.
func allVersions(lo, hi Version, do func(v Version)) {
	for v := lo; v <= hi; v++ {
		do(v)
	}
}

// eq fails the test when got is not want; both in hex.
func eq(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if string(got) != string(want) {
		t.Errorf("%s:\n got %x\nwant %x", what, got, want)
	}
}
