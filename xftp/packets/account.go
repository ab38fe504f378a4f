package packets

import (
	"errors"
	"sync"

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

// adopt reads what is stored, of a database that nobody else has seen yet.
func (a *account) adopt(in reader) error {
	var u Usage
	value, err := in.get(usageKey)
	if err == nil {
		u, err = parseUsage(value)
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.epoch, a.usage = in.Epoch, u
	a.reserved -= a.undecided
	a.undecided = 0
	return nil
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
