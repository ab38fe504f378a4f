package packets

import (
	"crypto/rand"
	"encoding/binary"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/internal/disk"
)

// formatVersion is the version of all keys and values. A store of a higher version is refused.
const formatVersion = 1

// identify checks that the content is of a known version and marks a store that has no mark yet, as the first ones had none.
// After a failure it checks that it is the same store. Then it reads what is stored.
func (s *Store) identify(in *disk.Instance, dir string) error {
	mark, err := reader{in}.get(markKey)
	switch {
	case errors.Is(err, ErrNotFound) && in.Epoch > 0:
		return disk.GoneFault(dir)
	case errors.Is(err, ErrNotFound):
		err = s.mark(in)
	case err == nil && len(mark) != 4+len(s.identity):
		return disk.CorruptFault(errors.New("its mark does not parse"), dir)
	case err == nil && binary.BigEndian.Uint32(mark) > formatVersion:
		return disk.NewerFault(dir, "format", uint64(binary.BigEndian.Uint32(mark)), formatVersion)
	case err == nil && in.Epoch > 0 && [16]byte(mark[4:]) != s.identity:
		return disk.GoneFault(dir)
	case err == nil:
		s.identity = [16]byte(mark[4:])
	}
	var u Usage
	if err == nil {
		u, err = s.readUsage(reader{in})
	}
	if err != nil {
		return disk.OpenFault(err, dir)
	}
	s.account.adopt(in, u)
	s.tidier.left.Store(true)
	return nil
}

func (s *Store) mark(in *disk.Instance) error {
	rand.Read(s.identity[:])
	mark := append(binary.BigEndian.AppendUint32(nil, formatVersion), s.identity[:]...)
	if err := in.DB.Set(markKey, mark, pebble.Sync); err != nil {
		return err
	}
	return in.DB.Flush() // which ends the first log of a new store: Pebble begins it in an older format, without numbers
}
