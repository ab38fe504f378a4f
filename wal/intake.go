package wal

import (
	"context"
	"errors"
	"fmt"
	"path"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/objstorage/objstorageprovider"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// An Intake takes rows past the log: it writes tables of them, and has Pebble take all of these in at once. Millions of
// queues take minutes instead of hours, and the memory of a few blocks:
//
//	Rows.Queue, … ──▶ rows in any order ──▶ the caller sorts them ──▶ Intake.Put ──▶ tables ──Finish──▶ the store
//
// Nothing of it is in the store before Finish, and all of it is there, and on disk, behind it. No row may be in the store
// already. An Intake belongs to one goroutine; several may be under way with rows that do not overlap.
type Intake struct {
	in      instance
	ended   bool
	dir     string
	tables  map[byte]*table // that are being written, by space
	written []string        // paths of those that are
	limit   int             // of a table, in bytes of rows
}

const (
	// ingestDir is where tables are written before they become the store's, below its directory.
	ingestDir = "ingest"
	// intakeTable is how many bytes of rows a table of an intake has, so that later compactions have parts to work on.
	intakeTable = 256 << 20
)

var intakes atomic.Uint64 // names the files

// NewIntake begins an intake. It ends with Finish, or with Drop.
func (s *Store) NewIntake() (*Intake, error) {
	in := s.enter()
	if err := in.Admit(); err != nil {
		in.Leave()
		return nil, err
	}
	dir := path.Join(s.dir, ingestDir)
	if err := in.FS().MkdirAll(dir, 0o700); err != nil {
		in.Leave()
		return nil, err
	}
	return &Intake{in: in, dir: dir, tables: make(map[byte]*table), limit: intakeTable}, nil
}

// Put takes a row as Rows has made it. Keys ascend, as bytes, within the rows that have the first byte in common; rows of
// different first bytes may come in turn. The slices are not kept.
func (t *Intake) Put(key, value []byte) error {
	space := key[0]
	w := t.tables[space]
	if w != nil && w.size >= t.limit {
		delete(t.tables, space)
		if err := w.Close(); err != nil {
			return err
		}
		w = nil
	}
	if w == nil {
		name := path.Join(t.dir, fmt.Sprintf("%d-%c.sst", intakes.Add(1), space))
		t.written = append(t.written, name)
		var err error
		if w, err = t.in.newTable(name); err != nil {
			return err
		}
		t.tables[space] = w
	}
	w.size += len(key) + len(value)
	return w.Set(key, value)
}

// Finish takes the rows into the store.
func (t *Intake) Finish() error {
	err := t.close()
	if err == nil && len(t.written) > 0 {
		err = t.in.DB.Ingest(context.Background(), t.written)
	}
	if err == nil {
		err = t.in.Err() // the guard hides failures of the disk from Pebble
	}
	if err == nil {
		t.written = nil
	}
	t.Drop()
	return err
}

// Drop ends an intake that is not finished. Behind Finish it does nothing.
func (t *Intake) Drop() {
	if t.ended {
		return
	}
	t.ended = true
	_ = t.close()
	for _, name := range t.written {
		_ = t.in.FS().Remove(name)
	}
	t.in.Leave()
}

// close ends the tables that are being written.
func (t *Intake) close() (err error) {
	for space, w := range t.tables {
		err = errors.Join(err, w.Close())
		delete(t.tables, space)
	}
	return err
}

// table is a table that is being written.
type table struct {
	*sstable.Writer
	size int // of its rows
}

// newTable begins a table for the last level.
func (in instance) newTable(name string) (*table, error) {
	f, err := in.FS().Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, err
	}
	o := &pebble.Options{}
	configure(o)
	o.EnsureDefaults()
	format := in.DB.FormatMajorVersion().MaxTableFormat()
	options := o.MakeWriterOptions(len(o.Levels)-1, format)
	options.DisableValueBlocks = true // all messages of a queue but its first would stay in memory until the table ends
	w := sstable.NewWriter(objstorageprovider.NewFileWritable(f), options)
	return &table{Writer: w}, nil
}
