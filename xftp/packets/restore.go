package packets

import (
	"github.com/cockroachdb/pebble/v2"
)

// Restoration puts packets into a store as they were elsewhere. Nothing is sure to be stored before Finish. It belongs
// to one goroutine.
type Restoration struct {
	store *Store
	in    reader
	batch *pebble.Batch
	usage Usage
}

// restoreBatch is how many bytes of records are written at once.
const restoreBatch = 1 << 20

// Restore begins a restoration.
func (s *Store) Restore() *Restoration {
	in := s.enter()
	return &Restoration{store: s, in: in, batch: in.DB.NewBatch()}
}

// Add takes a packet. If the record says that it is uploaded, its body must be there.
func (r *Restoration) Add(sender ID, record Record, recipients []Recipient) error {
	if r.store.full() {
		return ErrFull
	}
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
	err := r.in.CommitLater(r.batch)
	r.batch.Close()
	r.batch = r.in.DB.NewBatch()
	return err
}

// Finish makes all durable. It is called in any case.
func (r *Restoration) Finish() error {
	defer r.in.Leave()
	defer r.batch.Close()
	if err := r.in.Commit(r.batch); err != nil {
		return err
	}
	r.store.account.count(r.in.Instance, r.usage)
	return nil
}
