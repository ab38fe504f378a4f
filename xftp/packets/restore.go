package packets

import (
	"context"

	"github.com/cockroachdb/pebble/v2"
)

// Restoration puts packets into a store as they were elsewhere. Nothing is sure to be stored before Finish. It belongs
// to one goroutine.
type Restoration struct {
	store *Store
	batch *pebble.Batch
	usage Usage
}

// restoreBatch is how many bytes of records are written at once.
const restoreBatch = 1 << 20

// Restore begins a restoration.
func (s *Store) Restore() *Restoration { return &Restoration{store: s, batch: s.db.NewBatch()} }

// Add takes a packet. If the record says that it is uploaded, its body must be there.
func (r *Restoration) Add(sender ID, record Record, recipients []Recipient) error {
	record.tag = 0
	setRecord(r.batch, sender, &record)
	setRecipients(r.batch, sender, recipients)
	if record.Uploaded {
		u := Usage{int64(record.Size), 1}
		r.batch.Merge(usageKey, u.append(nil), nil)
		r.usage.Bytes += u.Bytes
		r.usage.Count++
	}
	if r.batch.Len() < restoreBatch {
		return nil
	}
	err := r.batch.Commit(pebble.NoSync)
	r.batch.Close()
	r.batch = r.store.db.NewBatch()
	return err
}

// Finish makes all durable and brings the tables in order: a start waits for the compaction that it finds due, and
// after many records at once that would be a long one.
func (r *Restoration) Finish() error {
	defer r.batch.Close()
	r.store.count(r.usage)
	if err := r.batch.Commit(pebble.Sync); err != nil {
		return err
	}
	return r.store.db.Compact(context.Background(), []byte{0}, []byte{0xff}, true)
}
