package wal

import (
	"bytes"
	"errors"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/shard"
	"switchyard/smp"
)

// scratch is what reads need beyond their stack: Pebble lets keys escape.
type scratch struct {
	key       [maxKeySize]byte
	header    [headerSize]byte
	recipient smp.ID
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// Load implements shard.Store. Reads of one call share an iterator over the heads.
func (s *Store) Load(lookups []shard.Lookup) {
	sc := scratches.Get().(*scratch)
	defer scratches.Put(sc)
	in := s.enter()
	defer in.Leave()
	var heads *pebble.Iterator
	for i := range lookups {
		l := &lookups[i]
		l.Found, l.Other, l.Err = nil, smp.ID{}, nil
		q, err := in.record(sc, l)
		if q != nil {
			if heads == nil {
				heads, err = in.heads(nil)
			}
			if err == nil {
				err = loadHeads(sc, heads, q)
			}
		}
		if err != nil {
			l.Err = readFault(err)
			continue
		}
		l.Found = q
	}
	if heads != nil {
		heads.Close() // its errors were reported by the seeks
	}
}

// record finds the record of a lookup; nil when there is none, or it is not own. Rows that lead to a record which does not lead back
// count for nothing.
func (in instance) record(sc *scratch, l *shard.Lookup) (*shard.Loaded, error) {
	if len(l.ID) > smp.MaxShort {
		return nil, nil
	}
	if l.Kind == shard.ByRecipient {
		if copy(sc.recipient[:], l.ID) != len(l.ID) || len(l.ID) != idSize {
			return nil, nil
		}
	} else {
		n, err := in.get(appendKey(sc.key[:0], spaces[l.Kind], l.ID), sc.recipient[:])
		if err == ErrMissing {
			return nil, nil
		}
		if err == nil && n != idSize {
			err = ErrCorrupt
		}
		if err != nil {
			return nil, err
		}
		if l.Own != nil && !l.Own(&sc.recipient) {
			l.Other = sc.recipient
			return nil, nil
		}
	}
	v, closer, err := in.DB.Get(appendKey(sc.key[:0], spaceQueues, sc.recipient[:]))
	if err == pebble.ErrNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	q := new(shard.Loaded)
	ok := parseRecord(&sc.recipient, v, &q.Record)
	closer.Close()
	if !ok {
		return nil, ErrCorrupt
	}
	if !leadsBack(&q.Record, l) {
		return nil, nil
	}
	return q, nil
}

func leadsBack(r *shard.Record, l *shard.Lookup) bool {
	switch l.Kind {
	case shard.BySender:
		return bytes.Equal(r.SenderID[:], l.ID)
	case shard.ByNotifier:
		return r.Notifier != nil && bytes.Equal(r.Notifier.ID[:], l.ID)
	case shard.ByLink:
		return bytes.Equal(r.LinkID, l.ID)
	}
	return true
}

// get reads the value of key into dst and returns its length; ErrMissing when there is none, ErrCorrupt when it is
// longer than dst.
func (in instance) get(key, dst []byte) (int, error) {
	v, closer, err := in.DB.Get(key)
	if err != nil {
		return 0, missing(err)
	}
	n := copy(dst, v)
	if n < len(v) {
		err = ErrCorrupt
	}
	closer.Close() // its error is that of the read, which succeeded
	return n, err
}

// missing is ErrMissing for Pebble's error that there is no such key.
func missing(err error) error {
	if err == pebble.ErrNotFound {
		return ErrMissing
	}
	return readFault(err)
}

// heads opens an iterator over message headers from the given key on, from the first one when it is nil.
func (in instance) heads(from []byte) (*pebble.Iterator, error) {
	if from == nil {
		from = headsLower
	}
	return in.DB.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: headsUpper})
}

var (
	headsLower = []byte{spaceHeads}
	headsUpper = []byte{spaceHeads + 1}
)

// loadHeads fills in the first and last header of a queue, by two seeks when it has messages and by one when it has
// none.
func loadHeads(sc *scratch, it *pebble.Iterator, q *shard.Loaded) (err error) {
	k := appendMessageKey(sc.key[:0], spaceHeads, &q.Record.RecipientID, 1<<64-1)
	if !it.SeekPrefixGE(k[:queueKeySize]) {
		return it.Error()
	}
	if q.First, err = headAt(it); err != nil {
		return err
	}
	if !it.SeekLT(append(k, 0xFF)) { // behind every position, as SeekLT leaves out the key itself
		return errors.Join(ErrCorrupt, it.Error())
	}
	if q.Last, err = headAt(it); err != nil {
		return err
	}
	q.Messages = int(q.Last.Seq - q.First.Seq + 1)
	return nil
}

// headAt reads the header that the iterator stands on.
func headAt(it *pebble.Iterator) (shard.MessageHeader, error) {
	v, err := it.ValueAndErr()
	if err != nil {
		return shard.MessageHeader{}, err
	}
	key := it.Key()
	if len(key) != messageKeySize {
		return shard.MessageHeader{}, ErrCorrupt
	}
	h, ok := parseHeader(v, keySeq(key))
	if !ok {
		return h, ErrCorrupt
	}
	return h, nil
}

// Header implements shard.Store.
func (s *Store) Header(queue *smp.ID, seq uint64) (shard.MessageHeader, error) {
	sc := scratches.Get().(*scratch)
	defer scratches.Put(sc)
	in := s.enter()
	defer in.Leave()
	n, err := in.get(appendMessageKey(sc.key[:0], spaceHeads, queue, seq), sc.header[:])
	if err != nil {
		return shard.MessageHeader{}, err
	}
	h, ok := parseHeader(sc.header[:n], seq)
	if !ok {
		return h, ErrCorrupt
	}
	return h, nil
}

// Body implements shard.Store. Quota markers have no body: ErrMissing.
func (s *Store) Body(queue *smp.ID, seq uint64, dst []byte) (int, error) {
	sc := scratches.Get().(*scratch)
	defer scratches.Put(sc)
	in := s.enter()
	defer in.Leave()
	return in.get(appendMessageKey(sc.key[:0], spaceBodies, queue, seq), dst)
}
