package reference

import (
	"bytes"
	"encoding/binary"
	"errors"

	"switchyard/internal/extsort"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/wal"
)

// tables is the way of the queues into the store: records as they come, and what has another order than they by way of sorters.
type tables struct {
	im   *Import
	bulk *wal.Bulk
	// ids are by kind: ID → line, recipient ID. So the queue that came first has an ID that several have.
	ids          map[shard.IDKind]*extsort.Sorter
	associations *extsort.Sorter // service ID, partition, recipient ID → ID that the hash is of
	value        []byte
}

// queueBatch is how many queues are handed over at once.
const queueBatch = 256

func (im *Import) newTables() *tables {
	return &tables{im: im, associations: im.sorter(), ids: map[shard.IDKind]*extsort.Sorter{
		shard.BySender: im.sorter(), shard.ByNotifier: im.sorter(), shard.ByLink: im.sorter(),
	}}
}

func (t *tables) close() error {
	err := t.associations.Close()
	for _, s := range t.ids {
		err = errors.Join(err, s.Close())
	}
	return err
}

// fill takes in all rows of all queues.
func (t *tables) fill(b *wal.Bulk) error {
	t.bulk = b
	produce := func(send func([]*Queue) error) error {
		batch := make([]*Queue, 0, queueBatch)
		err := t.im.Source.Queues(func(q *Queue) error {
			if batch = append(batch, q); len(batch) < queueBatch {
				return nil
			}
			full := batch
			batch = make([]*Queue, 0, queueBatch)
			return send(full)
		})
		if err != nil {
			return err
		}
		return send(batch)
	}
	err := pump(produce, func(batch []*Queue) error {
		for _, q := range batch {
			if err := t.put(q); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	t.im.stage.Store("IDs")
	clash := false
	for _, kind := range []shard.IDKind{shard.BySender, shard.ByNotifier, shard.ByLink} {
		if err := t.putIDs(kind, &clash); err != nil {
			return err
		}
	}
	if clash {
		return errClash
	}
	return t.putAssociations()
}

// put takes in a queue.
func (t *tables) put(q *Queue) error {
	r := &q.Record
	if d, ok := t.im.dropped[r.RecipientID]; ok && !t.without(q, d) {
		return nil
	}
	t.im.counts.Queues++
	if err := t.bulk.PutQueue(r); err != nil {
		return err
	}
	if q.Link != nil {
		if err := t.bulk.PutLink(&r.RecipientID, q.Link); err != nil {
			return err
		}
	}
	if err := t.putID(shard.BySender, q, r.SenderID[:]); err != nil {
		return err
	}
	if r.LinkID != nil {
		if err := t.putID(shard.ByLink, q, r.LinkID); err != nil {
			return err
		}
	}
	if r.Service != nil {
		if err := t.associate(q, smp.RoleMessaging, r.Service, &r.RecipientID); err != nil {
			return err
		}
	}
	if r.Notifier == nil {
		return nil
	}
	if err := t.putID(shard.ByNotifier, q, r.Notifier.ID[:]); err != nil || r.Notifier.Service == nil {
		return err
	}
	return t.associate(q, smp.RoleNotifier, r.Notifier.Service, &r.Notifier.ID)
}

// without takes from a queue what another one has. It is false when nothing is left of it.
func (t *tables) without(q *Queue, d dropped) bool {
	if d.queue {
		t.im.Report.Skip(q.At, errSenderTaken)
		return false
	}
	if d.notifier {
		t.im.Report.Skip(q.At, errNotifierTaken)
		q.Record.Notifier = nil
	}
	if d.link {
		t.im.Report.Skip(q.At, errLinkTaken)
		q.Record.LinkID, q.Link = nil, nil
	}
	return true
}

func (t *tables) putID(kind shard.IDKind, q *Queue, id []byte) error {
	t.value = binary.BigEndian.AppendUint64(t.value[:0], uint64(q.At.Line))
	t.value = append(t.value, q.Record.RecipientID[:]...)
	return t.ids[kind].Add(id, t.value)
}

// associate notes that a queue belongs to a service. One that nobody knows, or of another role, counts none, as in the
// reference: nobody can ask for its queues.
func (t *tables) associate(q *Queue, role smp.ServiceRole, service []byte, hashed *smp.ID) error {
	if t.im.roles[smp.ID(service)] != role {
		return nil
	}
	id := &q.Record.RecipientID
	t.value = append(append(t.value[:0], service...), t.im.partitions.Of(id[:]))
	t.value = append(t.value, id[:]...)
	return t.associations.Add(t.value, hashed[:])
}

// putIDs takes in the IDs of a kind.
func (t *tables) putIDs(kind shard.IDKind, clash *bool) error {
	var last []byte
	return each(t.ids[kind], func(id, value []byte) error {
		queue := smp.ID(value[8:])
		if last != nil && bytes.Equal(id, last) {
			*clash = true
			d := t.im.dropped[queue]
			switch kind {
			case shard.BySender:
				d.queue = true
			case shard.ByNotifier:
				d.notifier = true
			case shard.ByLink:
				d.link = true
			}
			t.im.dropped[queue] = d
			return nil
		}
		last = append(last[:0], id...)
		return t.bulk.PutID(kind, id, &queue)
	})
}

// putAssociations takes in the rows of services' queues, and their counts.
func (t *tables) putAssociations() error {
	const prefix = len(smp.ID{}) + 1 // service and partition, of which there is a count
	var at []byte
	var n shard.ServiceCount
	end := func() error {
		if n.Count == 0 {
			return nil
		}
		service := smp.ID(at)
		return t.bulk.PutServiceCount(&service, at[prefix-1], n)
	}
	err := each(t.associations, func(key, hashed []byte) error {
		if !bytes.Equal(at, key[:prefix]) {
			if err := end(); err != nil {
				return err
			}
			at, n = append(at[:0], key[:prefix]...), shard.ServiceCount{}
		}
		n.Count++
		n.Hash.Toggle(hashed)
		service, queue := smp.ID(key), smp.ID(key[prefix:])
		return t.bulk.PutAssociation(&service, key[prefix-1], &queue)
	})
	if err != nil {
		return err
	}
	return end()
}
