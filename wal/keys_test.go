package wal

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"switchyard/smp"
)

// TestComparer checks what Pebble asks of a comparer whose keys have prefixes, for all pairs of a set of keys.
func TestComparer(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	full := smp.ID(bytes.Repeat([]byte{0xFF}, idSize))
	keys := [][]byte{{}, metaFormat, {spaceHeads}, {spaceHeads + 1}, appendMessageKey(nil, spaceHeads, &full, 1<<64-1)}
	for range 10 {
		id := randomID(rng)
		keys = append(keys, appendKey(nil, spaceQueues, id[:]), appendKey(nil, spaceLinks, id[:3]), appendKey(nil, spaceHeads, id[:]))
		for seq := range uint64(3) {
			keys = append(keys, appendMessageKey(nil, spaceHeads, &id, seq), appendMessageKey(nil, spaceBodies, &id, seq<<56))
		}
	}
	for _, a := range keys {
		p := comparer.Split.Prefix(a)
		if comparer.Split(p) != len(p) {
			t.Errorf("the prefix of %x has a suffix", a)
		}
		if next := comparer.ImmediateSuccessor(nil, p); comparer.Split(next) != len(next) || comparer.Compare(p, next) >= 0 {
			t.Errorf("the successor of %x is %x", p, next)
		}
		for _, b := range keys {
			checkPair(t, a, b)
		}
	}
}

func checkPair(t *testing.T, a, b []byte) {
	t.Helper()
	pa, pb := comparer.Split.Prefix(a), comparer.Split.Prefix(b)
	all, prefixes := comparer.Compare(a, b), comparer.Compare(pa, pb)
	switch {
	case all <= 0 && prefixes > 0, prefixes < 0 && all >= 0:
		t.Errorf("%x and %x are ordered otherwise than their prefixes", a, b)
	case prefixes == 0 && all != comparer.ComparePointSuffixes(a[len(pa):], b[len(pb):]):
		t.Errorf("%x and %x are ordered otherwise than their suffixes", a, b)
	}
}

func TestKeysAreHidden(t *testing.T) {
	id := smp.ID(bytes.Repeat([]byte{'Z'}, idSize))
	for _, key := range [][]byte{appendKey(nil, spaceQueues, id[:]), appendMessageKey(nil, spaceHeads, &id, 7), {}} {
		text := fmt.Sprintf("%s %v", comparer.FormatKey(key), comparer.FormatKey(key))
		if strings.Contains(text, "Z") || strings.Contains(text, "5a") || len(text) > 16 {
			t.Errorf("a key prints as %q", text)
		}
		if len(key) > 0 && !strings.Contains(text, string(key[:1])) {
			t.Errorf("the space of a key is not in %q", text)
		}
	}
}

func TestNextPrefix(t *testing.T) {
	for in, want := range map[string]string{"h\x00": "h\x01", "h\x01\xff": "h\x02\x00", "h\xff\xff": "i\x00\x00"} {
		if got := nextPrefix([]byte("x"), []byte(in)); string(got) != "x"+want {
			t.Errorf("%q: got %q, want %q", in, got[1:], want)
		}
	}
}
