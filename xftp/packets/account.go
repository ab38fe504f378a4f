package packets

import (
	"errors"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/internal/disk"
)

// account is how much is stored and reserved. What is stored is counted when its commit is durable, and read anew when the
// database was opened again after a failure: what was committed in vain before is not in it then.
type account struct {
	quota int64 // immutable

	mu        sync.Mutex
	epoch     uint64 // of the database that usage is of
	usage     Usage
	reserved  int64 // bytes of uploads under way
	undecided int64 // the part of it whose commits failed: they may be found to be stored, or not, in the next epoch
}

func (a *account) used() Usage {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.usage
}

// readUsage reads what is stored. When that cannot be read it is counted, which takes a while, and written anew.
func (s *Store) readUsage(in reader) (u Usage, err error) {
	value, err := in.get(usageKey)
	switch {
	case errors.Is(err, ErrNotFound):
		return u, nil
	case err == nil:
		u, err = parseUsage(value)
	}
	if !errors.Is(err, errRecord) && !pebble.IsCorruptionError(err) {
		return u, err
	}
	s.log.Warn("store: how much is stored cannot be read, and is counted", "cause", disk.FirstLine(err.Error()))
	if u, err = s.countUsage(in); err != nil {
		return u, err
	}
	return u, in.DB.Set(usageKey, u.append(nil), pebble.Sync)
}

// countUsage adds up records, and what is to be removed.
func (s *Store) countUsage(in reader) (u Usage, err error) {
	var p disk.Passed
	each := func(space byte, add func(key []byte) error) {
		for from := []byte{space}; from != nil && err == nil; {
			from, err = in.stretch(from, []byte{space + 1}, idSteps, &p, func(key []byte) bool { return add(key) == nil })
		}
	}
	each('s', func(key []byte) error {
		value, err := in.get(key)
		if err != nil {
			return err
		}
		r, err := parseRecord(value)
		if r.Uploaded {
			u.Bytes += int64(r.Size)
			u.Count++
		}
		return err
	})
	each('d', func(key []byte) error {
		note, err := in.get(key)
		if err != nil {
			return err
		}
		n, err := parseRemoval(note)
		u.Bytes -= n.Bytes
		u.Count -= n.Count
		return err
	})
	p.Tell(s.log, "records of packets")
	return u, err
}

// adopt takes what is stored of a database that nobody else has seen yet.
func (a *account) adopt(in *disk.Instance, u Usage) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.epoch, a.usage = in.Epoch, u
	a.reserved -= a.undecided
	a.undecided = 0
}

// count takes note of what a durable commit has changed.
func (a *account) count(in *disk.Instance, u Usage) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.add(in, u)
}

// add is count; a.mu is held. What was durable before the database was opened again was read then.
func (a *account) add(in *disk.Instance, u Usage) {
	if in.Epoch == a.epoch {
		a.usage.Bytes += u.Bytes
		a.usage.Count += u.Count
	}
}

func (a *account) reserve(n int64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n > a.quota-a.usage.Bytes-a.reserved {
		return false
	}
	a.reserved += n
	return true
}

func (a *account) release(n int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reserved -= n
}

// stored turns what is reserved into usage, at once: others never see both or neither.
func (a *account) stored(in *disk.Instance, held int64, u Usage) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.add(in, u)
	a.reserved -= held
}

// doubt keeps what is reserved until it is known whether a commit that failed is there.
func (a *account) doubt(in *disk.Instance, held int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if in.Epoch == a.epoch {
		a.undecided += held
	} else {
		a.reserved -= held
	}
}
