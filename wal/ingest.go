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

	"switchyard/shard"
	"switchyard/smp"
)

// ingestDir is where tables are written before they become the store's, below its directory.
const ingestDir = "ingest"

var ingests atomic.Uint64 // names the files

// Ingest stores n queues past the log, by making two tables of them and having Pebble take these in: millions of queues
// take minutes instead of hours. record fills in the ith; recipient and sender IDs must ascend, no queue may be in the
// store yet, and there are no notifiers and no links. The queues are on disk when it returns. It may be called from
// several goroutines, for different ranges.
func (s *Store) Ingest(n int, record func(i int, r *shard.Record)) error {
	return s.ingest([2]string{"queues", "senders"}, func(queues, senders *sstable.Writer) error {
		return fillTables(n, record, queues, senders)
	})
}

// Message is one that is taken in. A quota marker has no body.
type Message struct {
	Queue  smp.ID
	Header shard.MessageHeader
	Body   []byte
}

// IngestMessages does the same with n messages of queues that have none. Queues must ascend, and positions within each,
// without a gap.
func (s *Store) IngestMessages(n int, message func(i int, m *Message)) error {
	return s.ingest([2]string{"heads", "bodies"}, func(heads, bodies *sstable.Writer) error {
		var m Message
		var key, value []byte
		for i := range n {
			message(i, &m)
			value = appendHeader(value[:0], &m.Header)
			key = appendMessageKey(key[:0], spaceHeads, &m.Queue, m.Header.Seq)
			if err := heads.Set(key, value); err != nil {
				return err
			}
			if m.Header.Kind == shard.KindQuota {
				continue
			}
			if err := bodies.Set(appendMessageKey(key[:0], spaceBodies, &m.Queue, m.Header.Seq), m.Body); err != nil {
				return err
			}
		}
		return nil
	})
}

// ingest has two tables filled and takes them in.
func (s *Store) ingest(names [2]string, fill func(a, b *sstable.Writer) error) error {
	in := s.enter()
	defer in.Leave()
	if err := in.Admit(); err != nil {
		return err
	}
	dir := path.Join(s.dir, ingestDir)
	if err := in.FS().MkdirAll(dir, 0o700); err != nil {
		return err
	}
	number := ingests.Add(1)
	a, err := in.newTable(path.Join(dir, fmt.Sprintf("%d-%s.sst", number, names[0])))
	if err != nil {
		return err
	}
	b, err := in.newTable(path.Join(dir, fmt.Sprintf("%d-%s.sst", number, names[1])))
	if err != nil {
		return errors.Join(err, a.Close())
	}
	err = fill(a.Writer, b.Writer)
	if err = errors.Join(err, a.Close(), b.Close()); err != nil {
		return err
	}
	if err := in.DB.Ingest(context.Background(), []string{a.path, b.path}); err != nil {
		return err
	}
	return in.Err() // the guard hides failures of the disk from Pebble
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
func (in instance) newTable(name string) (*table, error) {
	f, err := in.FS().Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return nil, err
	}
	o := &pebble.Options{}
	configure(o)
	o.EnsureDefaults()
	format := in.DB.FormatMajorVersion().MaxTableFormat()
	w := sstable.NewWriter(objstorageprovider.NewFileWritable(f), o.MakeWriterOptions(len(o.Levels)-1, format))
	return &table{w, name}, nil
}
