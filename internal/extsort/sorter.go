package extsort

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
)

// Sorter takes rows in any order, and gives them by key; rows of one key come by their values.
type Sorter struct {
	dir    string
	memory int

	arena []byte // rows, as runs have them
	index []place
	runs  []*run
	count int64
}

// place is where a row of the arena is. Most comparisons end with the prefix.
type place struct {
	prefix uint64 // of the key, its first bytes
	at     uint32
}

const (
	placeSize = 16
	// minMemory makes sense of what New is told.
	minMemory = 64 << 10
	// maxMemory is what a place can name.
	maxMemory = 1 << 30
	// maxRow bounds a key or a value.
	maxRow = 64 << 20
)

// New makes a sorter that takes some bytes of memory for rows, and writes its runs to dir.
func New(dir string, memory int) *Sorter {
	return &Sorter{dir: dir, memory: min(max(memory, minMemory), maxMemory)}
}

// Count is how many rows were added.
func (s *Sorter) Count() int64 { return s.count }

// Add takes a row, of which it makes a copy.
func (s *Sorter) Add(key, value []byte) error {
	if len(key) > maxRow || len(value) > maxRow {
		return fmt.Errorf("extsort: a row of %d bytes", len(key)+len(value))
	}
	if len(s.index) > 0 && len(s.arena)+len(key)+len(value)+placeSize*len(s.index) > s.memory {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.index = append(s.index, place{prefixOf(key), uint32(len(s.arena))})
	s.arena = appendRow(s.arena, key, value)
	s.count++
	return nil
}

// prefixOf is the first bytes of a key as a number that compares as they do.
func prefixOf(key []byte) uint64 {
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var b [8]byte
	copy(b[:], key)
	return binary.BigEndian.Uint64(b[:])
}

func appendRow(b, key, value []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(key)))
	b = binary.AppendUvarint(b, uint64(len(value)))
	return append(append(b, key...), value...)
}

// rowAt returns parts of the arena.
func (s *Sorter) rowAt(p place) (key, value []byte) {
	b := s.arena[p.at:]
	k, n := binary.Uvarint(b)
	v, m := binary.Uvarint(b[n:])
	b = b[n+m:]
	return b[:k:k], b[k : k+v : k+v]
}

func compareRows(key1, value1, key2, value2 []byte) int {
	if c := bytes.Compare(key1, key2); c != 0 {
		return c
	}
	return bytes.Compare(value1, value2)
}

// order sorts what is in memory.
func (s *Sorter) order() {
	slices.SortFunc(s.index, func(a, b place) int {
		if c := cmp.Compare(a.prefix, b.prefix); c != 0 {
			return c
		}
		k1, v1 := s.rowAt(a)
		k2, v2 := s.rowAt(b)
		return compareRows(k1, v1, k2, v2)
	})
}

// spill writes what is in memory to a run.
func (s *Sorter) spill() error {
	s.order()
	r, err := s.runFor(s.rowAt(s.index[0]))
	if err != nil {
		return err
	}
	for _, p := range s.index {
		if err := r.append(s.rowAt(p)); err != nil {
			return err
		}
	}
	s.arena, s.index = s.arena[:0], s.index[:0]
	return r.flush()
}

// runFor is the last run when the row comes behind it, and otherwise a new one.
func (s *Sorter) runFor(key, value []byte) (*run, error) {
	if n := len(s.runs); n > 0 {
		if r := s.runs[n-1]; compareRows(r.lastKey, r.lastValue, key, value) <= 0 {
			return r, nil
		}
	}
	r, err := newRun(s.dir)
	if err != nil {
		return nil, err
	}
	s.runs = append(s.runs, r)
	return r, nil
}

// Rows begins to give the rows, as often as it is called. No row may be added meanwhile.
func (s *Sorter) Rows() (*Rows, error) {
	if len(s.runs) == 0 {
		s.order()
		return &Rows{memory: s}, nil
	}
	if len(s.index) > 0 {
		if err := s.spill(); err != nil {
			return nil, err
		}
		s.arena, s.index = nil, nil
	}
	for len(s.runs) > fanIn {
		if err := s.mergeSome(); err != nil {
			return nil, err
		}
	}
	return mergeRuns(s.runs)
}

// mergeSome makes one run of the first ones.
func (s *Sorter) mergeSome() error {
	rows, err := mergeRuns(s.runs[:fanIn])
	if err != nil {
		return err
	}
	defer rows.Close()
	r, err := newRun(s.dir)
	if err != nil {
		return err
	}
	for rows.Next() {
		if err := r.append(rows.Key(), rows.Value()); err != nil {
			return errors.Join(err, r.remove())
		}
	}
	if err := errors.Join(rows.Err(), r.flush()); err != nil {
		return errors.Join(err, r.remove())
	}
	for _, old := range s.runs[:fanIn] {
		if err := old.remove(); err != nil {
			return err
		}
	}
	s.runs = append(s.runs[fanIn:], r)
	return nil
}

// Close gives back memory and disk.
func (s *Sorter) Close() error {
	var all []error
	for _, r := range s.runs {
		if err := r.remove(); err != nil && !errors.Is(err, os.ErrNotExist) {
			all = append(all, err)
		}
	}
	s.arena, s.index, s.runs = nil, nil, nil
	return errors.Join(all...)
}
