package wal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/shard"
)

// ingested makes the ith of the queues that the test stores.
func ingested(i int, r *shard.Record) {
	*r = shard.Record{RecipientKeys: [][]byte{append([]byte(keyForms[0].prefix), make([]byte, 32)...)}, Updated: uint32(i)}
	binary.BigEndian.PutUint64(r.RecipientID[:], uint64(i))
	r.SenderID = r.RecipientID
	r.SenderID[23] = 1
}

func TestIngest(t *testing.T) {
	fs := vfs.NewMem()
	s, err := Open("store", Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	const chunk, chunks = 1000, 4
	var all sync.WaitGroup
	for c := range chunks {
		all.Go(func() {
			if err := s.Ingest(chunk, func(i int, r *shard.Record) { ingested(c*chunk+i, r) }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Ingest(1, ingested); err == nil {
		t.Error("a closed store took queues")
	}
	if s, err = Open("store", Options{FS: fs}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, i := range []int{0, 1, chunk - 1, chunk, 2*chunk + 7, chunks*chunk - 1} {
		var want shard.Record
		ingested(i, &want)
		lookups := []shard.Lookup{
			{Kind: shard.ByRecipient, ID: want.RecipientID[:]}, {Kind: shard.BySender, ID: want.SenderID[:]},
		}
		s.Load(lookups)
		for _, l := range lookups {
			if l.Err != nil || l.Found == nil || l.Found.Record.Updated != uint32(i) || l.Found.Messages != 0 {
				t.Fatalf("queue %d: %+v", i, l)
			}
		}
	}
}

func TestIngestRefusesDisorder(t *testing.T) {
	s, err := Open("store", Options{FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Ingest(2, func(i int, r *shard.Record) { ingested(1-i, r) }); err == nil {
		t.Error("descending IDs were taken")
	}
}

// Messages that were taken in are there after the next start, and a marker behind them makes the queue full.
func TestIngestMessages(t *testing.T) {
	fs := vfs.NewMem()
	s, err := Open("store", Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	const queues, each, first = 20, 3, 1000
	body := func(i int) []byte { return bytes.Repeat([]byte{byte(i)}, 100) }
	message := func(i int, m *Message) {
		var r shard.Record
		ingested(i/each, &r)
		*m = Message{Queue: r.RecipientID, Header: shard.MessageHeader{Seq: uint64(first + i%each), Time: int64(i)}, Body: body(i)}
		if i%each == each-1 {
			m.Header.Kind, m.Body = shard.KindQuota, nil
		}
	}
	if err := errors.Join(s.Ingest(queues, ingested), s.IngestMessages(queues*each, message), s.Close()); err != nil {
		t.Fatal(err)
	}
	if s, err = Open("store", Options{FS: fs}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range queues {
		var r shard.Record
		ingested(i, &r)
		l := []shard.Lookup{{Kind: shard.ByRecipient, ID: r.RecipientID[:]}}
		s.Load(l)
		if f := l[0].Found; l[0].Err != nil || f == nil || f.Messages != each || f.Last.Kind != shard.KindQuota || f.First.Seq != first {
			t.Fatalf("queue %d: %+v", i, l[0])
		}
		got := make([]byte, 200)
		if n, err := s.Body(&r.RecipientID, first+1, got); err != nil || !bytes.Equal(got[:n], body(i*each+1)) {
			t.Fatalf("queue %d: %d bytes, %v", i, n, err)
		}
	}
	if err := s.IngestMessages(2, func(i int, m *Message) { message(1-i, m) }); err == nil {
		t.Error("descending positions were taken")
	}
}
