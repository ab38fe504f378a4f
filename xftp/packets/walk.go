package packets

import (
	"github.com/cockroachdb/pebble/v2"

	"switchyard/internal/disk"
)

// walkStretch is how many rows are read with one iterator, which keeps tables that were compacted since: it is closed before
// anything is done with what was found, as bodies may be far away.
const walkStretch = 1000

// Steps by which walks pass over keys that cannot be read: of IDs, and of IDs by age, of which few are apart by more than the
// hours they are of.
const (
	idSteps  = 96
	ageSteps = 64 - 8
)

// stretch reads the keys of a range from a place on, and where the next stretch begins, nil at the end. What cannot be read is
// passed over. visit may use a key until it returns; it is false for one that counts as not read.
func (s *Store) stretch(from, end []byte, steps uint, p *disk.Passed, visit func(key []byte) bool) (next []byte, err error) {
	in := s.enter()
	defer in.Leave()
	return in.stretch(from, end, steps, p, visit)
}

func (in reader) stretch(from, end []byte, steps uint, p *disk.Passed, visit func(key []byte) bool) (next []byte, err error) {
	it, err := in.DB.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: end})
	if err != nil {
		return nil, err
	}
	defer it.Close() // its errors are those of Error
	last := append([]byte(nil), from...)
	ok := it.First()
	for range walkStretch {
		if ok = ok || it.Error() != nil && p.Over(it, last, 1, steps); !ok {
			return nil, nil
		}
		last = append(last[:0], it.Key()...)
		if !visit(last) {
			p.Row(errRecord)
		}
		ok = it.Next()
	}
	if ok = ok || it.Error() != nil && p.Over(it, last, 1, steps); !ok {
		return nil, nil
	}
	return append(next, it.Key()...), nil
}
