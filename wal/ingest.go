package wal

import (
	"context"
	"errors"
	"fmt"
	"path"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/objstorage/objstorageprovider"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/shard"
)

// ingestDir is where tables are written before they become the store's, below its directory.
const ingestDir = "ingest"

var ingests atomic.Uint64 // names the files

// Ingest stores n queues past the log, by making two tables of them and having Pebble take these in: millions of queues
// take minutes instead of hours. record fills in the ith; recipient and sender IDs must ascend, no queue may be in the
// store yet, and there are no notifiers and no links. The queues are on disk when it returns. It may be called from
// several goroutines, for different ranges.
func (s *Store) Ingest(n int, record func(i int, r *shard.Record)) error {
	in := s.enter()
	defer in.leave()
	if err := s.writable(in); err != nil {
		return err
	}
	dir := path.Join(s.dir, ingestDir)
	if err := in.guard.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	number := ingests.Add(1)
	queues, err := in.newTable(path.Join(dir, fmt.Sprintf("%d-queues.sst", number)))
	if err != nil {
		return err
	}
	senders, err := in.newTable(path.Join(dir, fmt.Sprintf("%d-senders.sst", number)))
	if err != nil {
		return errors.Join(err, queues.Close())
	}
	err = fillTables(n, record, queues.Writer, senders.Writer)
	if err = errors.Join(err, queues.Close(), senders.Close()); err != nil {
		return err
	}
	return in.db.Ingest(context.Background(), []string{queues.path, senders.path})
}

func fillTables(n int, record func(int, *shard.Record), queues, senders *sstable.Writer) error {
	var r shard.Record
	var key, value []byte
	for i := range n {
		record(i, &r)
		value = appendRecord(value[:0], &r)
		key = appendKey(key[:0], spaceQueues, r.RecipientID[:])
		if err := queues.Set(key, value); err != nil {
			return err
		}
		key = appendKey(key[:0], spaceSenders, r.SenderID[:])
		if err := senders.Set(key, r.RecipientID[:]); err != nil {
			return err
		}
	}
	return nil
}

// table is a table that is being written.
type table struct {
	*sstable.Writer
	path string
}

// newTable begins a table for the last level.
func (in *instance) newTable(name string) (*table, error) {
	f, err := in.guard.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, err
	}
	o := pebbleOptions(Options{}.withDefaults(), in.guard)
	o.EnsureDefaults()
	format := in.db.FormatMajorVersion().MaxTableFormat()
	w := sstable.NewWriter(objstorageprovider.NewFileWritable(f), o.MakeWriterOptions(len(o.Levels)-1, format))
	return &table{w, name}, nil
}
