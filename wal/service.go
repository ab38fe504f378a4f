package wal

import (
	"encoding/binary"
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/internal/disk"
	"switchyard/shard"
	"switchyard/smp"
)

// The rows of client services:
//
//	spaceServices      fingerprint of the certificate(32)                → role(1) service ID(24)
//	spaceCounts        service ID(24) partition(1)                       → count(8) hash(16)
//	spaceAssociations  service ID(24) partition(1) recipient ID(24)      → nothing
//
// The rows of a service in neighbouring partitions, as one shard owns them, are neighbours.

const (
	serviceSize     = 1 + idSize
	countSize       = 8 + 16
	countKeySize    = 1 + idSize + 1
	associationSize = countKeySize + idSize
)

// Service implements shard.Store.
func (s *Store) Service(fingerprint *[32]byte) (r shard.ServiceRecord, found bool, err error) {
	sc := scratches.Get().(*scratch)
	defer scratches.Put(sc)
	var value [serviceSize]byte
	in := s.enter()
	defer in.Leave()
	n, err := in.get(appendKey(sc.key[:0], spaceServices, fingerprint[:]), value[:])
	switch {
	case err == ErrMissing:
		return r, false, nil
	case err != nil:
		return r, false, err
	case n != serviceSize:
		return r, false, ErrCorrupt
	}
	return shard.ServiceRecord{Role: smp.ServiceRole(value[0]), ID: smp.ID(value[1:])}, true, nil
}

func (t *transaction) PutService(fingerprint *[32]byte, r shard.ServiceRecord) {
	t.key = append(append(t.key[:0], byte(r.Role)), r.ID[:]...)
	t.set(spaceServices, fingerprint[:], t.key)
}

// appendCountKey appends the key of a count, and the start of the keys of associations, in a partition.
func appendCountKey(b []byte, space byte, service *smp.ID, partition uint8) []byte {
	return append(appendKey(b, space, service[:]), partition)
}

// ServiceCount implements shard.Store.
func (s *Store) ServiceCount(service *smp.ID, partition uint8) (c shard.ServiceCount, err error) {
	sc := scratches.Get().(*scratch)
	defer scratches.Put(sc)
	var value [countSize]byte
	in := s.enter()
	defer in.Leave()
	n, err := in.get(appendCountKey(sc.key[:0], spaceCounts, service, partition), value[:])
	switch {
	case err == ErrMissing:
		return c, nil
	case err != nil:
		return c, err
	}
	c, ok := parseCount(value[:n])
	if !ok {
		return c, ErrCorrupt
	}
	return c, nil
}

// ServiceCounts implements shard.Store.
func (s *Store) ServiceCounts(service *smp.ID, first, last uint8, visit func(uint8, shard.ServiceCount)) error {
	from := appendCountKey(nil, spaceCounts, service, first)
	to := appendCountKey(nil, spaceCounts, service, last)
	in := s.enter()
	defer in.Leave()
	rows, err := in.DB.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: nextPrefix(nil, to)})
	if err != nil {
		return readFault(err)
	}
	defer rows.Close() // its errors are those of Error
	for ok := rows.First(); ok; ok = rows.Next() {
		key := rows.Key()
		value, err := rows.ValueAndErr()
		if err != nil {
			return readFault(err)
		}
		n, ok := parseCount(value)
		if !ok || len(key) != countKeySize {
			return ErrCorrupt
		}
		visit(key[countKeySize-1], n)
	}
	return readFault(rows.Error())
}

func appendCount(b []byte, c *shard.ServiceCount) []byte {
	return append(binary.BigEndian.AppendUint64(b, uint64(c.Count)), c.Hash[:]...)
}

// parseCount reads a count, which is positive: of none there is no row.
func parseCount(b []byte) (c shard.ServiceCount, ok bool) {
	if len(b) != countSize {
		return c, false
	}
	c.Count = int64(binary.BigEndian.Uint64(b))
	copy(c.Hash[:], b[8:])
	return c, c.Count > 0
}

func (t *transaction) PutServiceCount(service *smp.ID, partition uint8, c shard.ServiceCount) {
	key := appendCountKey(nil, spaceCounts, service, partition)
	if c.Count <= 0 {
		t.delete(spaceCounts, key[1:])
		return
	}
	t.key = appendCount(t.key[:0], &c)
	t.set(spaceCounts, key[1:], t.key)
}

func (t *transaction) PutAssociation(service *smp.ID, partition uint8, queue *smp.ID) {
	t.set(spaceAssociations, t.association(service, partition, queue), nil)
}

func (t *transaction) DeleteAssociation(service *smp.ID, partition uint8, queue *smp.ID) {
	t.delete(spaceAssociations, t.association(service, partition, queue))
}

// association is the key of a row without its space, in scratch memory.
func (t *transaction) association(service *smp.ID, partition uint8, queue *smp.ID) []byte {
	t.key = append(appendCountKey(t.key[:0], spaceAssociations, service, partition), queue[:]...)
	return t.key[1:]
}

// Waiting implements shard.Store. A step of it opens iterators of its own, so that they keep no tables for long. Rows that
// cannot be read are passed over.
func (s *Store) Waiting(r *shard.WaitingRange, from []byte, visit func(smp.ID)) (next []byte, err error) {
	if from == nil {
		from = appendCountKey(nil, spaceAssociations, &r.Service, r.First)
	}
	end := appendCountKey(nil, spaceAssociations, &r.Service, r.Last)
	end = nextPrefix(make([]byte, 0, len(end)), end)
	in := s.enter()
	defer in.Leave()
	rows, err := in.DB.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: end})
	if err != nil {
		return nil, err
	}
	defer rows.Close() // its errors are those of Error
	w, err := in.waitingQueues(r.Notifications)
	if err != nil {
		return nil, err
	}
	defer w.close()
	var p disk.Passed
	defer p.Tell(s.log, "queues of a service")
	last := append(make([]byte, 0, associationSize), from...)
	there := func(ok bool) bool {
		return ok || pebble.IsCorruptionError(rows.Error()) && p.Over(rows, last, countKeySize-1, idSteps-8)
	}
	ok := there(rows.First())
	for n := 0; ok && n < r.Rows; n++ {
		if last = append(last[:0], rows.Key()...); len(last) == associationSize {
			id := smp.ID(last[countKeySize:])
			waits, err := w.on(&id)
			if err = readFault(err); err != nil && !errors.Is(err, shard.ErrDamaged) {
				return nil, err
			}
			if waits || err != nil { // whoever looks at it finds what is wrong
				visit(id)
			}
		} else {
			p.Row(ErrCorrupt)
		}
		ok = there(rows.Next())
	}
	if ok {
		return append(next, rows.Key()...), readFault(p.Err())
	}
	if err := readFault(rows.Error()); err != nil {
		return behindPartition(r, last[countKeySize-1]), err
	}
	return nil, readFault(p.Err())
}

// behindPartition is where a walk goes on that has met damage in a partition; nil when that is the last.
func behindPartition(r *shard.WaitingRange, partition uint8) []byte {
	if partition >= r.Last {
		return nil
	}
	return appendCountKey(nil, spaceAssociations, &r.Service, partition+1)
}

// waitingQueues tells on which queues something waits.
type waitingQueues struct {
	in    instance
	heads *pebble.Iterator // nil when it is about notifications
	key   []byte
}

func (in instance) waitingQueues(notifications bool) (w waitingQueues, err error) {
	w = waitingQueues{in: in, key: make([]byte, 0, maxKeySize)}
	if !notifications {
		w.heads, err = in.heads(nil)
	}
	return w, err
}

func (w *waitingQueues) on(queue *smp.ID) (bool, error) {
	if w.heads != nil {
		if w.heads.SeekPrefixGE(appendKey(w.key, spaceHeads, queue[:])) {
			return true, nil
		}
		return false, w.heads.Error()
	}
	_, closer, err := w.in.DB.Get(appendKey(w.key, spaceNotifications, queue[:]))
	if err == pebble.ErrNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, closer.Close()
}

func (w *waitingQueues) close() {
	if w.heads != nil {
		w.heads.Close() // its errors are those of Error
	}
}
