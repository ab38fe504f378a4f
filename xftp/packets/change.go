package packets

import (
	"context"
	"errors"

	"github.com/cockroachdb/pebble/v2"
)

// hour is what creation times are rounded down to, so that they tell little.
const hour = 3600

// Create stores the record of a new packet with its recipients. Created is set by the store.
func (s *Store) Create(sender ID, r Record, recipients []Recipient) error {
	r.Created = s.now().Unix() / hour * hour
	b := s.db.NewBatch()
	defer b.Close()
	setRecord(b, sender, &r)
	setRecipients(b, sender, recipients)
	return b.Commit(pebble.Sync)
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

// AddRecipients gives recipients access to a packet, ErrNotFound if it is gone.
func (s *Store) AddRecipients(sender ID, recipients []Recipient) error {
	lock := s.lock(sender)
	defer lock.Unlock()
	if _, err := s.Packet(sender); err != nil {
		return err
	}
	b := s.db.NewBatch()
	defer b.Close()
	setRecipients(b, sender, recipients)
	return b.Commit(pebble.Sync)
}

// RemoveRecipient ends a recipient's access, ErrNotFound if there was none.
func (s *Store) RemoveRecipient(sender, recipient ID) error {
	lock := s.lock(sender)
	defer lock.Unlock()
	if _, err := s.get(recipientKey(recipient)); err != nil {
		return err
	}
	b := s.db.NewBatch()
	defer b.Close()
	b.Delete(recipientKey(recipient), nil)
	b.Delete(memberKey(sender, recipient), nil)
	return b.Commit(pebble.Sync)
}

// Delete deletes a packet with its recipients and its body, ErrNotFound if there is none.
func (s *Store) Delete(ctx context.Context, sender ID) error {
	lock := s.lock(sender)
	defer lock.Unlock()
	r, err := s.Packet(sender)
	if err != nil {
		return err
	}
	b := s.db.NewBatch()
	defer b.Close()
	if err := s.deleteRecipients(b, sender); err != nil {
		return err
	}
	b.Delete(senderKey(sender), nil)
	b.Delete(ageKey(r.Created, sender), nil)
	return s.dropBody(ctx, b, sender, &r)
}

// Block takes the body of a packet away and lets its record say why. info is xftp.Error.BlockingInfo.
func (s *Store) Block(ctx context.Context, sender ID, info string) error {
	lock := s.lock(sender)
	defer lock.Unlock()
	r, err := s.Packet(sender)
	if err != nil {
		return err
	}
	b := s.db.NewBatch()
	defer b.Close()
	blocked := r
	blocked.Status, blocked.Blocking, blocked.Uploaded, blocked.tag = Blocked, info, false, 0
	b.Set(senderKey(sender), appendRecord(nil, &blocked), nil)
	return s.dropBody(ctx, b, sender, &r)
}

func (s *Store) deleteRecipients(b *pebble.Batch, sender ID) (err error) {
	from, to := append([]byte{'m'}, sender[:]...), afterMembers(sender)
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for ok := it.First(); ok; ok = it.Next() {
		recipient, ok := ParseID(it.Key()[len(from):])
		if !ok {
			return errRecord
		}
		b.Delete(recipientKey(recipient), nil)
		b.Delete(memberKey(sender, recipient), nil)
	}
	return it.Error()
}

// dropBody commits b and with it the end of the packet's body, if it has one.
func (s *Store) dropBody(ctx context.Context, b *pebble.Batch, sender ID, r *Record) error {
	if !r.Uploaded {
		return b.Commit(pebble.Sync)
	}
	u := Usage{-int64(r.Size), -1}
	b.Merge(usageKey, u.append(nil), nil)
	b.Set(removalKey(sender), nil, nil)
	if err := b.Commit(pebble.Sync); err != nil {
		return err
	}
	s.count(u)
	return s.removeBody(ctx, sender)
}
