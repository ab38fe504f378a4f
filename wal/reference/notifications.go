package reference

import (
	"bytes"
	"encoding/binary"

	"switchyard/internal/extsort"
	"switchyard/shard"
	"switchyard/smp"
	"switchyard/wal"
)

// notifications takes the notifications over: sorted by notifiers their queues are found, and sorted by these they are stored.
func (im *Import) notifications() error {
	byNotifier, byQueue := im.sorter(), im.sorter()
	defer byNotifier.Close()
	defer byQueue.Close()
	names := map[string]byte{} // of places
	var in []string
	var key, value []byte
	err := im.Source.Notifications(func(n *Notification) error {
		place, ok := names[n.At.In]
		if !ok {
			place = byte(len(in))
			names[n.At.In] = place
			in = append(in, n.At.In)
		}
		key = binary.BigEndian.AppendUint64(append(key[:0], n.Notifier[:]...), uint64(byNotifier.Count()))
		value = binary.BigEndian.AppendUint64(append(value[:0], n.MessageID[:]...), uint64(n.Time))
		value = binary.BigEndian.AppendUint64(append(value, place), uint64(n.At.Line))
		return byNotifier.Add(key, value)
	})
	if err != nil {
		return err
	}
	if err := im.findNotifiers(byNotifier, byQueue, in); err != nil {
		return err
	}
	return im.intake(func(t *wal.Intake) error { return im.putNotifications(im.Store.Rows(t.Put), byQueue) })
}

// notifierRow is the size of a notification among those of its queue.
const notifierRow = len(smp.ID{}) + 8

// findNotifiers sorts notifications by their queues.
func (im *Import) findNotifiers(from, to *extsort.Sorter, in []string) error {
	var notifier []byte
	var queue *smp.ID
	return each(from, func(key, value []byte) error {
		if id := key[:len(smp.ID{})]; notifier == nil || !bytes.Equal(id, notifier) {
			notifier = append(notifier[:0], id...)
			l := []shard.Lookup{{Kind: shard.ByNotifier, ID: notifier}}
			im.Store.Load(l)
			if l[0].Err != nil {
				return l[0].Err
			}
			if queue = nil; l[0].Found != nil {
				queue = &l[0].Found.Record.RecipientID
			}
		}
		if queue == nil {
			place := value[notifierRow:]
			im.Report.Skip(Place{in[place[0]], int64(binary.BigEndian.Uint64(place[1:]))}, errNoNotifier)
			return nil
		}
		number := key[len(smp.ID{}):]
		return to.Add(append(append([]byte(nil), queue[:]...), number...), value[:notifierRow])
	})
}

// putNotifications takes in the notifications of each queue, the last ones of too many.
func (im *Import) putNotifications(rows *wal.Rows, byQueue *extsort.Sorter) error {
	var queue smp.ID
	var all []shard.Notification
	end := func() error {
		if len(all) == 0 {
			return nil
		}
		kept := all[max(0, len(all)-shard.NotificationLimit):]
		im.counts.Notifications += int64(len(kept))
		all = all[:0]
		return rows.Notifications(&queue, kept)
	}
	err := each(byQueue, func(key, value []byte) error {
		if id := smp.ID(key); id != queue {
			if err := end(); err != nil {
				return err
			}
			queue = id
		}
		if len(all) == 2*shard.NotificationLimit {
			all = append(all[:0], all[shard.NotificationLimit:]...)
		}
		all = append(all, shard.Notification{
			MessageID: smp.ID(value), Time: int64(binary.BigEndian.Uint64(value[len(smp.ID{}):])),
		})
		return nil
	})
	if err != nil {
		return err
	}
	return end()
}
