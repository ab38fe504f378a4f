package wal

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/cockroachdb/pebble/v2/sstable"

	"switchyard/shard"
	"switchyard/smp"
)

// bulkTable is how large a table grows that Bulk writes, about as large as compactions make those of the last level.
const bulkTable = 128 << 20

// Bulk takes in rows past the log: it writes tables, and has Pebble take all of them in at once. Rows of each space must come
// in the order of their keys, without any that the store has; spaces may take turns. It belongs to one goroutine. Nobody else
// makes the store larger meanwhile.
type Bulk struct {
	in         instance
	dir        string
	spaces     map[byte]*bulkSpace
	tables     []string // that are whole
	key, value []byte   // scratch
}

// bulkSpace is the table of a space that is being written.
type bulkSpace struct {
	*sstable.Writer
	path string
	size int
}

// Bulk begins to take in rows. It ends with Commit or Abort.
func (s *Store) Bulk() (*Bulk, error) {
	in := s.enter()
	b := &Bulk{in: in, dir: path.Join(s.dir, ingestDir), spaces: make(map[byte]*bulkSpace)}
	err := in.Admit()
	if err == nil {
		err = in.FS().MkdirAll(b.dir, 0o700)
	}
	if err != nil {
		in.Leave()
		return nil, err
	}
	return b, nil
}

// PutQueue takes in the record of a queue, without the rows of its other IDs.
func (b *Bulk) PutQueue(r *shard.Record) error {
	b.value = appendRecord(b.value[:0], r)
	return b.put(spaceQueues, r.RecipientID[:], b.value)
}

// PutID takes in a sender, notifier or link ID of a queue.
func (b *Bulk) PutID(kind shard.IDKind, id []byte, queue *smp.ID) error {
	return b.put(spaces[kind], id, queue[:])
}

// PutLink takes in the data of a queue's link.
func (b *Bulk) PutLink(queue *smp.ID, d *shard.LinkData) error {
	b.value = appendLinkData(b.value[:0], d)
	return b.put(spaceLinkData, queue[:], b.value)
}

// PutNotifications takes in all notifications of a queue.
func (b *Bulk) PutNotifications(queue *smp.ID, all []shard.Notification) error {
	b.value = appendNotifications(b.value[:0], all)
	return b.put(spaceNotifications, queue[:], b.value)
}

// PutService takes in a service.
func (b *Bulk) PutService(fingerprint *[32]byte, r shard.ServiceRecord) error {
	b.value = append(append(b.value[:0], byte(r.Role)), r.ID[:]...)
	return b.put(spaceServices, fingerprint[:], b.value)
}

// PutAssociation takes in the row of a service's queue.
func (b *Bulk) PutAssociation(service *smp.ID, partition uint8, queue *smp.ID) error {
	b.value = append(append(append(b.value[:0], service[:]...), partition), queue[:]...)
	return b.put(spaceAssociations, b.value, nil)
}

// PutServiceCount takes in the count of a service's queues in a partition, which is positive.
func (b *Bulk) PutServiceCount(service *smp.ID, partition uint8, c shard.ServiceCount) error {
	b.value = appendCount(append(append(b.value[:0], service[:]...), partition), &c)
	n := len(service) + 1
	return b.put(spaceCounts, b.value[:n], b.value[n:])
}

// PutMessage takes in a message; a quota marker has no body.
func (b *Bulk) PutMessage(queue *smp.ID, h *shard.MessageHeader, body []byte) error {
	b.value = appendHeader(b.value[:0], h)
	b.key = appendMessageKey(b.key[:0], spaceHeads, queue, h.Seq)
	if err := b.put(spaceHeads, b.key[1:], b.value); err != nil || h.Kind == shard.KindQuota {
		return err
	}
	b.key = appendMessageKey(b.key[:0], spaceBodies, queue, h.Seq)
	return b.put(spaceBodies, b.key[1:], body)
}

// put appends a row to the table of its space, and ends the table when it is large.
func (b *Bulk) put(space byte, id, value []byte) error {
	t := b.spaces[space]
	if t == nil {
		name := path.Join(b.dir, fmt.Sprintf("%d-bulk.sst", ingests.Add(1)))
		w, err := b.in.newTable(name)
		if err != nil {
			return err
		}
		t = &bulkSpace{Writer: w.Writer, path: name}
		b.spaces[space] = t
	}
	var key [maxKeySize + 64]byte
	k := append(append(key[:0], space), id...)
	if err := t.Set(k, value); err != nil {
		return err
	}
	if t.size += len(k) + len(value); t.size >= bulkTable {
		return b.end(space)
	}
	return nil
}

// end makes the table of a space whole.
func (b *Bulk) end(space byte) error {
	t := b.spaces[space]
	delete(b.spaces, space)
	b.tables = append(b.tables, t.path)
	if err := t.Close(); err != nil {
		return err
	}
	return b.in.Err()
}

// Commit has the store take in the rows, which are on disk when it returns.
func (b *Bulk) Commit() error {
	defer b.in.Leave()
	for space := range b.spaces {
		if err := b.end(space); err != nil {
			return errors.Join(err, b.drop())
		}
	}
	if len(b.tables) == 0 {
		return nil
	}
	if err := b.in.Admit(); err != nil {
		return errors.Join(err, b.drop())
	}
	if err := b.in.DB.Ingest(context.Background(), b.tables); err != nil {
		return err
	}
	return b.in.Err() // the guard hides failures of the disk from Pebble
}

// Abort leaves the store as it was.
func (b *Bulk) Abort() error {
	defer b.in.Leave()
	var err error
	for space := range b.spaces {
		err = errors.Join(err, b.end(space))
	}
	return errors.Join(err, b.drop())
}

// drop removes the tables.
func (b *Bulk) drop() (err error) {
	for _, name := range b.tables {
		err = errors.Join(err, b.in.FS().Remove(name))
	}
	b.tables = nil
	return err
}
