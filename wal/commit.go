package wal

import (
	"github.com/cockroachdb/pebble/v2"

	"switchyard/shard"
)

// done is the commit of a transaction that nothing is left to wait for.
type done struct{}

func (done) Wait() error { return nil }

// Commit implements shard.Tx. The writes go into the log's buffer and into the table in memory, and are visible when
// it returns; with SyncAlways the goroutine of Pebble's log writes and syncs the log meanwhile, for all transactions
// at once that got into the buffer since its last sync. With SyncInterval a commit is waited for like that while an older
// one should be durable and is not. After an error nothing of the transaction is visible.
func (t *transaction) Commit() (shard.Commit, error) {
	s, in := t.s, t.in
	if t.batch.Empty() {
		t.recycle()
		return done{}, nil
	}
	err := in.Admit()
	if err == nil && t.epoch != in.Epoch {
		err = ErrEpoch
	}
	if err != nil {
		t.recycle()
		return nil, err
	}
	in.Count()
	now := s.unsynced.now()
	if s.sync == SyncAlways || s.sync == SyncInterval && s.unsynced.overdue(now, s.options.Interval) {
		if err := in.DB.ApplyNoSyncWait(t.batch, pebble.Sync); err != nil {
			t.forget()
			return nil, err
		}
		return t, nil
	}
	if err := in.DB.Apply(t.batch, pebble.NoSync); err != nil {
		t.forget()
		return nil, err
	}
	s.unsynced.add(now)
	t.recycle()
	return done{}, nil
}

// Wait implements shard.Commit for what is synced. The guard hides failures of the log from Pebble, so the answer of
// SyncWait alone says nothing.
func (t *transaction) Wait() error {
	err := t.batch.SyncWait()
	if failure := t.in.Err(); failure != nil {
		err = failure
	}
	t.recycle()
	return err
}

// recycle gives the transaction back.
func (t *transaction) recycle() {
	t.batch.Close() // of a batch that is not committing: never an error
	t.forget()
	t.put = t.put[:0]
	t.s.txs.Put(t)
}

// forget leaves the batch to Pebble.
func (t *transaction) forget() {
	t.in.Leave()
	t.batch, t.in = nil, instance{}
}
