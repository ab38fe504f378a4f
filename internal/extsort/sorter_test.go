package extsort

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

type row struct{ key, value []byte }

func drain(t *testing.T, s *Sorter) (all []row) {
	t.Helper()
	rows, err := s.Rows()
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		all = append(all, row{bytes.Clone(rows.Key()), bytes.Clone(rows.Value())})
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestOrder sorts rows of all lengths, equal keys among them, against a sort in memory: without runs, with some, and with
// more than are merged at once.
func TestOrder(t *testing.T) {
	for _, n := range []int{0, 1, 300, 20_000, 130_000} {
		rnd := rand.New(rand.NewPCG(7, uint64(n)))
		dir := t.TempDir()
		s := New(dir, 0)
		want := make([]row, n)
		for i := range want {
			key := make([]byte, rnd.IntN(40))
			for j := range key {
				key[j] = byte(rnd.IntN(3))
			}
			want[i] = row{key, binary.BigEndian.AppendUint32(make([]byte, rnd.IntN(100)), rnd.Uint32())}
			if err := s.Add(want[i].key, want[i].value); err != nil {
				t.Fatal(err)
			}
		}
		slices.SortFunc(want, func(a, b row) int { return compareRows(a.key, a.value, b.key, b.value) })
		if n == 130_000 && len(s.runs) <= fanIn {
			t.Fatalf("only %d runs", len(s.runs))
		}
		for range 2 { // the rows may be read again
			got := drain(t, s)
			if !slices.EqualFunc(got, want, func(a, b row) bool {
				return bytes.Equal(a.key, b.key) && bytes.Equal(a.value, b.value)
			}) {
				t.Fatalf("%d rows: not those of a sort in memory", n)
			}
		}
		if s.Count() != int64(n) {
			t.Errorf("Count is %d, added were %d", s.Count(), n)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%d rows: %d files are left", n, len(left))
		}
	}
}

// TestRowsInOrderMakeOneRun sorts what is sorted already.
func TestRowsInOrderMakeOneRun(t *testing.T) {
	s := New(t.TempDir(), 0)
	defer s.Close()
	for i := range 50_000 {
		if err := s.Add(binary.BigEndian.AppendUint64(nil, uint64(i)), nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := drain(t, s); len(got) != 50_000 || len(s.runs) != 1 {
		t.Errorf("%d rows of %d runs, want 50000 of 1", len(got), len(s.runs))
	}
}

// TestNoDisk has the directory go away.
func TestNoDisk(t *testing.T) {
	s := New(t.TempDir()+"/missing", 0)
	value := make([]byte, 1000)
	for range 200 {
		if err := s.Add(value[:8], value); err != nil {
			return
		}
	}
	t.Error("no run could be written, and nobody said so")
}

// TestTruncatedRun has a run lose its end.
func TestTruncatedRun(t *testing.T) {
	s := New(t.TempDir(), 0)
	defer s.Close()
	for i := range 20_000 {
		if err := s.Add(binary.BigEndian.AppendUint64(nil, uint64(i*7919%20_000)), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.runs[0].file.Truncate(s.runs[0].size - 3); err != nil {
		t.Fatal(err)
	}
	rows, err := s.Rows()
	for err == nil && rows.Next() {
	}
	if err == nil {
		err = rows.Err()
	}
	if err == nil {
		t.Error("a run without its end gave no error")
	}
}
