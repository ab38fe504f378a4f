package disk

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// DB is a Pebble database in one directory. All methods but Close may be called from any goroutine.
type DB struct {
	// Immutable after Open.
	dir     string
	options Options
	lock    *pebble.Lock
	space   *space

	current atomic.Pointer[Instance] // replaced after a failure
	retired sync.WaitGroup           // those that were replaced and are not closed yet

	open    atomic.Bool // between Open and Close
	keeper  keeper
	stats   logStats
	reading reading
}

// Open opens the database in dir, and makes it when dir does not exist or is empty. Its errors are *Error. It takes the
// same time whatever the database holds: Pebble reads its manifest and what is left of its log, which is at most
// 2 × Options.MemTable after a kill, and nothing after Close.
func Open(dir string, o Options) (*DB, error) {
	if err := checkDirectory(o.FS, dir); err != nil {
		return nil, err
	}
	d := &DB{dir: dir, space: newSpace(dir, &o)}
	if err := o.size(dir); err != nil {
		return nil, err
	}
	d.options = o
	var err error
	if d.lock, err = pebble.LockDirectory(dir, o.FS); err != nil {
		return nil, lockFault(err, dir)
	}
	if !o.Still {
		d.space.ballast.clear()
	}
	in, err := d.openInstance(0)
	if err != nil {
		d.lock.Close()
		return nil, err
	}
	d.current.Store(in)
	if !o.Still {
		in.begin()
	}
	d.open.Store(true)
	d.space.look()
	d.startKeeper()
	return d, nil
}

// openInstance opens the directory, whose lock is held.
func (d *DB) openInstance(epoch uint64) (*Instance, error) {
	o := &d.options
	if err := checkTails(o.FS, d.dir); err != nil {
		return nil, err
	}
	in := &Instance{Epoch: epoch, owner: d}
	in.ctx, in.cancel = context.WithCancel(context.Background())
	in.users.Store(1)
	in.guard = newGuard(o.FS, d.dir, &d.stats, d.space, func(e *Error) {
		in.cancel()
		in.pressure.wake()
		if d.open.Load() && d.current.Load() == in { // Open, Close and reopen return theirs
			o.Log.Error("store: " + e.Error())
		}
	})
	in.pressure = newPressure(in.guard, o.Log)
	in.compactions = newScheduler(in.guard, in.pressure)
	options := pebbleOptions(o, in.guard)
	options.Experimental.CompactionScheduler = in.compactions
	err := checkOptions(options, o.FS, d.dir)
	if err != nil {
		in.cancel()
		return nil, err
	}
	if in.DB, err = pebble.Open(d.dir, options); err != nil {
		in.cancel()
		in.guard.tails.close()
		return nil, OpenFault(err, d.dir)
	}
	if err = o.Identify(in); err == nil {
		err = in.guard.err() // of a write that Pebble did not see fail
	}
	if err != nil {
		_ = in.close() // why it is closed says more
		return nil, err
	}
	return in, nil
}

// Err is the *Error that stopped the database, nil while it takes writes.
func (d *DB) Err() error { return d.current.Load().guard.err() }

// Epoch counts how often the database was opened again after a failure.
func (d *DB) Epoch() uint64 { return d.current.Load().Epoch }

// Full says that the disk is nearly full: only what makes the database smaller should be committed.
func (d *DB) Full() bool { return d.space.at(short) }

// FullFault says what is wrong when Full.
func (d *DB) FullFault() *Error { return d.space.fault() }

// Wrote tells of bytes that were written past the database, maybe to the same disk, so that the space is looked at in time.
func (d *DB) Wrote(n int) { d.space.wrote(n) }

// Look looks at the space now, after much was written past the database.
func (d *DB) Look() { d.space.look() }

// Close writes what is in memory to disk and closes the database. Nobody may use it any more.
func (d *DB) Close() error {
	if !d.open.Swap(false) {
		return ErrClosed
	}
	d.keeper.stop()
	in := d.current.Load()
	in.cancel()
	d.keeper.reclaim.work.Wait()
	d.retired.Wait()
	failure := in.guard.err()
	if failure == nil {
		// The tables in memory go to disk, so that the next start finds an empty log.
		failure = in.DB.Flush()
	}
	err := in.close()
	d.space.ballast.drop()
	d.lock.Close()
	for _, e := range []error{in.guard.err(), failure, err} {
		if e != nil {
			return e
		}
	}
	return nil
}
