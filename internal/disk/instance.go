package disk

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/server/crash"
)

// Instance is the database as one opening of its directory found it. There is one at a time that counts; after a failure
// of the disk the next one takes its place (keeper.go), and whoever is still reading from the old one ends that undisturbed:
//
//	open ─▶ current ── the disk fails ─▶ frozen, reads go on ── the disk works ─▶ retired ── last user ─▶ closed
type Instance struct {
	// Immutable.
	Epoch uint64     // how many failures came before it
	DB    *pebble.DB // for reads and batches

	owner       *DB
	guard       *guard
	compactions *scheduler
	pressure    *pressure
	ctx         context.Context // ends when it fails or is closed
	cancel      context.CancelFunc

	users atomic.Int64 // reads and transactions under way, and one while it is not retired
}

// Enter returns the current instance, which stays open until Leave.
func (d *DB) Enter() *Instance {
	for {
		in := d.current.Load()
		for n := in.users.Load(); n > 0; n = in.users.Load() {
			if in.users.CompareAndSwap(n, n+1) {
				return in
			}
		}
	}
}

// Leave ends a use.
func (in *Instance) Leave() {
	if in.users.Add(-1) == 0 {
		go func() { // as it takes a while, and the last user may have none
			defer crash.Report()
			_ = in.close() // it has failed, and its errors are known
			in.owner.retired.Done()
		}()
	}
}

// Err is the *Error that stopped the instance. Pebble's own answer says nothing of what is on the disk: whoever has waited
// for a sync asks here.
func (in *Instance) Err() error { return in.guard.err() }

// Admit waits while compactions are behind, and then tells whether a commit may be made: not when it could not be kept.
func (in *Instance) Admit() error {
	in.pressure.wait()
	return in.writable()
}

func (in *Instance) writable() error {
	d := in.owner
	switch {
	case !d.open.Load():
		return ErrClosed
	case in.guard.err() != nil:
		return in.guard.err()
	case d.space.at(out):
		return d.space.fault()
	}
	return nil
}

// Count takes note of a transaction that goes into the log.
func (in *Instance) Count() { in.owner.stats.commits.Add(1) }

// Commit commits a batch and waits until it is on the disk. An error that Admit does not give, too, leaves open whether the
// batch is there when the database is opened again.
func (in *Instance) Commit(b *pebble.Batch) error {
	if err := in.Admit(); err != nil {
		return err
	}
	in.Count()
	if err := b.Commit(pebble.Sync); err != nil {
		return err
	}
	return in.Err()
}

// CommitLater commits a batch without waiting for the disk: it may be gone when the database is opened again.
func (in *Instance) CommitLater(b *pebble.Batch) error {
	if err := in.Admit(); err != nil {
		return err
	}
	in.Count()
	return b.Commit(pebble.NoSync)
}

// Checkpoint makes a copy of the database in dir, which must not exist. A failure outside of the database's own directory
// does the database no harm.
func (in *Instance) Checkpoint(dir string) error {
	if err := in.writable(); err != nil {
		return err
	}
	in.guard.outside.Store(nil)
	if err := in.DB.Checkpoint(dir, pebble.WithFlushedWAL()); err != nil {
		return err // Pebble removes what it has made of it
	}
	var failure error
	if err := in.guard.outside.Load(); err != nil {
		failure = *err
	} else if failure = in.Err(); failure == nil { // else what Pebble has not seen fail is not in the copy
		return nil
	}
	return errors.Join(failure, in.owner.options.FS.RemoveAll(dir))
}

// FS is the file system behind the guard, for tables that are made to be ingested.
func (in *Instance) FS() vfs.FS { return in.guard }

// begin allows compactions.
func (in *Instance) begin() {
	in.compactions.begin(in.above)
}

// above is how many tables lie above each other that were not compacted yet.
func (in *Instance) above() int { return int(in.DB.Metrics().Levels[0].Sublevels) }

func (in *Instance) close() error {
	in.cancel()
	err := in.DB.Close()
	in.guard.tails.close()
	return err
}
