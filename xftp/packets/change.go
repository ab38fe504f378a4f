package packets

import (
	"context"

	"github.com/cockroachdb/pebble/v2"
)

// hour is what creation times are rounded down to, so that they tell little.
const hour = 3600

// Create stores the record of a new packet with its recipients, ErrFull if there is no space. Created is set by the store.
func (s *Store) Create(sender ID, r Record, recipients []Recipient) error {
	if s.full() {
		return ErrFull
	}
	r.Created = s.now().Unix() / hour * hour
	in := s.enter()
	defer in.Leave()
	b := in.DB.NewBatch()
	defer b.Close()
	setRecord(b, sender, &r)
	setRecipients(b, sender, recipients)
	return in.Commit(b)
}

func setRecord(b *pebble.Batch, sender ID, r *Record) {
	b.Set(senderKey(sender), appendRecord(nil, r), nil)
	b.Set(ageKey(r.Created, sender), nil, nil)
}

func setRecipients(b *pebble.Batch, sender ID, recipients []Recipient) {
	for _, r := range recipients {
		b.Set(recipientKey(r.ID), r.Key.AppendSPKI(append([]byte(nil), sender[:]...)), nil)
		b.Set(memberKey(sender, r.ID), nil, nil)
	}
}

// AddRecipients gives recipients access to a packet, ErrNotFound if it is gone, ErrFull if there is no space.
func (s *Store) AddRecipients(sender ID, recipients []Recipient) error {
	if s.full() {
		return ErrFull
	}
	lock := s.lock(sender)
	defer lock.Unlock()
	in := s.enter()
	defer in.Leave()
	if _, err := in.packet(sender); err != nil {
		return err
	}
	b := in.DB.NewBatch()
	defer b.Close()
	setRecipients(b, sender, recipients)
	return in.Commit(b)
}

// RemoveRecipient ends a recipient's access, ErrNotFound if there was none.
func (s *Store) RemoveRecipient(sender, recipient ID) error {
	lock := s.lock(sender)
	defer lock.Unlock()
	in := s.enter()
	defer in.Leave()
	if _, err := in.get(recipientKey(recipient)); err != nil {
		return err
	}
	b := in.DB.NewBatch()
	defer b.Close()
	b.Delete(recipientKey(recipient), nil)
	b.Delete(memberKey(sender, recipient), nil)
	return in.Commit(b)
}

// Delete deletes a packet with its recipients, ErrNotFound if there is none, and then removes its body, whatever becomes of
// ctx. A body that cannot be removed now is removed later; until then it counts.
func (s *Store) Delete(ctx context.Context, sender ID) error {
	r, err := s.deleteRecord(sender)
	if err == nil && r.Uploaded {
		s.removeSoon(ctx, sender)
	}
	return err
}

func (s *Store) deleteRecord(sender ID) (Record, error) {
	lock := s.lock(sender)
	defer lock.Unlock()
	in := s.enter()
	defer in.Leave()
	r, err := in.packet(sender)
	if err != nil {
		return r, err
	}
	b := in.DB.NewBatch()
	defer b.Close()
	if err := in.deleteRecipients(b, sender); err != nil {
		return r, err
	}
	b.Delete(senderKey(sender), nil)
	b.Delete(ageKey(r.Created, sender), nil)
	noteRemoval(b, sender, &r)
	return r, in.Commit(b)
}

// Block takes the body of a packet away, as Delete does, and lets its record say why. info is xftp.Error.BlockingInfo.
func (s *Store) Block(ctx context.Context, sender ID, info string) error {
	r, err := s.blockRecord(sender, info)
	if err == nil && r.Uploaded {
		s.removeSoon(ctx, sender)
	}
	return err
}

func (s *Store) blockRecord(sender ID, info string) (Record, error) {
	lock := s.lock(sender)
	defer lock.Unlock()
	in := s.enter()
	defer in.Leave()
	r, err := in.packet(sender)
	if err != nil {
		return r, err
	}
	b := in.DB.NewBatch()
	defer b.Close()
	blocked := r
	blocked.Status, blocked.Blocking, blocked.Uploaded, blocked.tag = Blocked, info, false, 0
	b.Set(senderKey(sender), appendRecord(nil, &blocked), nil)
	noteRemoval(b, sender, &r)
	return r, in.Commit(b)
}

// deleteRecipients also deletes keys that do not parse: nobody has such an ID. Recipients that cannot be read stay without a
// packet, which is as if they were not there.
func (in reader) deleteRecipients(b *pebble.Batch, sender ID) error {
	from, to := append([]byte{'m'}, sender[:]...), afterMembers(sender)
	it, err := in.DB.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return err
	}
	for ok := it.First(); ok; ok = it.Next() {
		if recipient, ok := ParseID(it.Key()[len(from):]); ok {
			b.Delete(recipientKey(recipient), nil)
		}
		b.Delete(it.Key(), nil)
	}
	if it.Close() != nil {
		return b.DeleteRange(from, to, nil)
	}
	return nil
}
