package wal

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/shard"
	"switchyard/smp"
)

// metaStatistics leads to the router's statistics, in a form of its own. Older versions pass the row over.
var metaStatistics = []byte{spaceMeta, 's'}

// Statistics reads the statistics that were kept last; nil when none were.
func (s *Store) Statistics() ([]byte, error) {
	in := s.enter()
	defer in.Leave()
	value, _, err := in.meta(metaStatistics)
	return value, readFault(err)
}

// PutStatistics keeps statistics. When it returns they are as durable as a commit.
func (s *Store) PutStatistics(value []byte) error {
	t := s.Begin(s.Epoch()).(*transaction)
	if err := t.batch.Set(metaStatistics, value, nil); err != nil {
		panic(err) // for indexed batches only
	}
	c, err := t.Commit()
	if err != nil {
		return err
	}
	return c.Wait()
}

// Totals is how much a store holds.
type Totals struct {
	Queues, Notifiers       int64
	Messages, Notifications int64 // without quota markers

	Services, ServiceQueues          int64 // that receive messages, and what is associated with them
	NotifierServices, NotifierQueues int64 // that receive notifications
}

// Counting is a look at a store as it was at one moment, to count what it holds without haste while it is used.
type Counting struct {
	in   instance
	rows *pebble.Snapshot
}

// Counting takes a look. It keeps some of what is deleted from then on on the disk, until Close.
func (s *Store) Counting() *Counting {
	in := s.enter()
	return &Counting{in: in, rows: in.DB.NewSnapshot()}
}

// Close ends it.
func (c *Counting) Close() {
	_ = c.rows.Close() // an error would be one of reading, and Count had it
	c.in.Leave()
}

// errStopped says that nobody wants the count any more.
var errStopped = errors.New("wal: the count was stopped")

// Count counts, until stop is closed. It reads the short rows: for a million queues some 50 MB.
func (c *Counting) Count(stop <-chan struct{}) (n Totals, err error) {
	roles := make(map[smp.ID]smp.ServiceRole)
	for _, space := range []struct {
		name byte
		take func(key, value []byte)
	}{
		{spaceSenders, func(_, _ []byte) { n.Queues++ }},
		{spaceNotifiers, func(_, _ []byte) { n.Notifiers++ }},
		{spaceHeads, func(_, value []byte) {
			if len(value) == headerSize && shard.MessageKind(value[1]) == shard.KindMessage {
				n.Messages++
			}
		}},
		{spaceNotifications, func(_, value []byte) {
			n.Notifications += int64(len(value) / notificationSize)
		}},
		{spaceServices, func(_, value []byte) {
			if len(value) != serviceSize {
				return
			}
			role := smp.ServiceRole(value[0])
			roles[smp.ID(value[1:])] = role
			switch role {
			case smp.RoleMessaging:
				n.Services++
			case smp.RoleNotifier:
				n.NotifierServices++
			}
		}},
		{spaceCounts, func(key, value []byte) {
			count, ok := parseCount(value)
			switch {
			case !ok || len(key) != countKeySize:
			case roles[smp.ID(key[1:])] == smp.RoleNotifier:
				n.NotifierQueues += count.Count
			default:
				n.ServiceQueues += count.Count
			}
		}},
	} {
		if err := c.each(space.name, stop, space.take); err != nil {
			return n, err
		}
	}
	return n, nil
}

// each visits the rows of a space.
func (c *Counting) each(space byte, stop <-chan struct{}, take func(key, value []byte)) error {
	rows, err := c.rows.NewIter(&pebble.IterOptions{LowerBound: []byte{space}, UpperBound: []byte{space + 1}})
	if err != nil {
		return readFault(err)
	}
	defer rows.Close() // its errors are those of Error
	look := 0
	for ok := rows.First(); ok; ok = rows.Next() {
		if look++; look%1024 == 0 {
			select {
			case <-stop:
				return errStopped
			default:
			}
			if err := c.in.Err(); err != nil { // the store is about to be opened again
				return err
			}
		}
		value, err := rows.ValueAndErr()
		if err != nil {
			return readFault(err)
		}
		take(rows.Key(), value)
	}
	return readFault(rows.Error())
}
