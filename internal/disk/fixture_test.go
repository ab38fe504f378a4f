package disk

import (
	"encoding/binary"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// open opens a database of numbers, which is closed with the test, unless the test did. Its keeper looks when the test says
// so only.
func open(t *testing.T, dir string, o Options) *DB {
	t.Helper()
	d, err := Open(dir, complete(o))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil && err != ErrClosed && d.Err() == nil {
			t.Error(err)
		}
	})
	return d
}

// complete fills in what a test leaves out.
func complete(o Options) Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MemTable == 0 {
		o.MemTable = 256 << 10
	}
	if o.Cache == 0 {
		o.Cache = 1 << 20
	}
	if o.Looks == nil {
		o.Looks = make(chan time.Time)
	}
	o.Growth, o.Configure = "new numbers", func(*pebble.Options) {}
	if o.Identify == nil {
		o.Identify = func(*Instance) error { return nil }
	}
	return o
}

func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// put stores a number.
func put(d *DB, n uint64, value []byte) error {
	return change(d, func(b *pebble.Batch) error { return b.Set(number(n), value, nil) })
}

func remove(d *DB, n uint64) error {
	return change(d, func(b *pebble.Batch) error { return b.Delete(number(n), nil) })
}

func change(d *DB, do func(*pebble.Batch) error) error {
	in := d.Enter()
	defer in.Leave()
	b := in.DB.NewBatch()
	defer b.Close()
	return errors.Join(do(b), in.Commit(b))
}

func flush(d *DB) error {
	in := d.Enter()
	defer in.Leave()
	return in.DB.Flush()
}

// has tells whether a number is there.
func has(t *testing.T, d *DB, n uint64) bool {
	t.Helper()
	in := d.Enter()
	defer in.Leave()
	_, closer, err := in.DB.Get(number(n))
	if errors.Is(err, pebble.ErrNotFound) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	closer.Close()
	return true
}

// newTestGuard is a guard of a database in the root directory.
func newTestGuard(fs vfs.FS, onFail func(*Error)) *guard {
	o := complete(Options{FS: fs})
	return newGuard(fs, "/", new(logStats), newSpace("/", &o), onFail)
}
