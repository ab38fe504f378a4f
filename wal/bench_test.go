package wal

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"

	"switchyard/shard"
	"switchyard/smp"
)

// BenchmarkMessage stores a message of 16,122 bytes and deletes one of an earlier transaction, per operation; group of
// them are one transaction, which is waited for. Bytes are those of the bodies.
func BenchmarkMessage(b *testing.B) {
	for _, mode := range []Sync{SyncNever, SyncInterval, SyncAlways} {
		for _, group := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("sync=%s/group=%d", mode, group), func(b *testing.B) {
				s := openStore(b, b.TempDir(), Options{Sync: mode})
				benchmarkMessages(b, s, group)
			})
		}
	}
}

func benchmarkMessages(b *testing.B, s *Store, group int) {
	rng := rand.New(rand.NewPCG(1, 1))
	queues := make([]smp.ID, group)
	for i := range queues {
		queues[i] = randomID(rng)
	}
	body := randomBytes(rng, bodySize)
	h := shard.MessageHeader{Time: 1_700_000_000, Notify: true}
	b.SetBytes(bodySize)
	b.ReportAllocs()
	b.ResetTimer()
	defer reportCPU(b)()
	for i := 0; i < b.N; i += group {
		t := s.Begin(0)
		for q := range queues {
			h.Seq++
			h.ID[0]++
			t.PutMessage(&queues[q], &h, body)
			if h.Seq > uint64(group) {
				t.DeleteMessage(&queues[q], h.Seq-uint64(group))
			}
		}
		c, err := t.Commit()
		if err == nil {
			err = c.Wait()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkIntake takes in the record of a queue, per operation, as sorted rows of one intake.
func BenchmarkIntake(b *testing.B) {
	s := openStore(b, b.TempDir(), Options{})
	t, err := s.NewIntake()
	if err != nil {
		b.Fatal(err)
	}
	rows := s.Rows(t.Put)
	var r shard.Record
	b.ReportAllocs()
	defer reportCPU(b)()
	for i := range b.N {
		if ingested(i, &r); rows.Queue(&r) != nil {
			b.Fatal(err)
		}
	}
	if err := t.Finish(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkGroupCommit has shards with up to eight transactions of one message under way each.
func BenchmarkGroupCommit(b *testing.B) {
	for _, shards := range []int{1, 2, 8} {
		b.Run(fmt.Sprintf("shards=%d", shards), func(b *testing.B) {
			s := openStore(b, b.TempDir(), Options{})
			before := s.Stats()
			defer reportCPU(b)()
			b.ResetTimer()
			var wg sync.WaitGroup
			for i := range shards {
				wg.Go(func() { commitMessages(b, s, smp.ID{byte(i)}, b.N/shards) })
			}
			wg.Wait()
			after := s.Stats()
			b.ReportMetric(float64(after.Commits-before.Commits)/float64(after.Syncs-before.Syncs), "commits/sync")
		})
	}
}

func commitMessages(b *testing.B, s *Store, queue smp.ID, n int) {
	body := make([]byte, bodySize)
	waits, waited := make(chan shard.Commit, 7), make(chan struct{})
	go func() {
		defer close(waited)
		for c := range waits {
			if err := c.Wait(); err != nil {
				b.Error(err)
			}
		}
	}()
	for seq := range uint64(n) {
		t := s.Begin(0)
		t.PutMessage(&queue, &shard.MessageHeader{Seq: seq}, body)
		if seq > 20 {
			t.DeleteMessage(&queue, seq-20)
		}
		c, err := t.Commit()
		if err != nil {
			b.Error(err)
			break
		}
		waits <- c
	}
	close(waits)
	<-waited
}

// BenchmarkLoad looks up batches of 135 queues, the commands of one block. Every tenth queue has messages.
func BenchmarkLoad(b *testing.B) {
	const stored, batch = 200_000, 135
	s, queues := benchmarkQueues(b, stored)
	for _, place := range []string{"memory", "tables"} {
		if place == "tables" {
			if err := s.database().Flush(); err != nil {
				b.Fatal(err)
			}
		}
		for kind, name := range map[shard.IDKind]string{shard.ByRecipient: "recipient", shard.BySender: "sender"} {
			b.Run(fmt.Sprintf("%s/%s", place, name), func(b *testing.B) {
				benchmarkLoad(b, s, queues, kind, batch, true)
			})
			b.Run(fmt.Sprintf("%s/%s/missing", place, name), func(b *testing.B) {
				benchmarkLoad(b, s, queues, kind, batch, false)
			})
		}
	}
}

func benchmarkLoad(b *testing.B, s *Store, queues []shard.Record, kind shard.IDKind, batch int, there bool) {
	rng := rand.New(rand.NewPCG(2, 2))
	lookups := make([]shard.Lookup, batch)
	ids := make([]smp.ID, batch)
	b.ReportAllocs()
	b.ResetTimer()
	defer reportCPU(b)()
	for i := 0; i < b.N; i += batch {
		for j := range lookups {
			q := &queues[rng.IntN(len(queues))]
			ids[j] = q.RecipientID
			if kind == shard.BySender {
				ids[j] = q.SenderID
			}
			if !there {
				ids[j][23]++
			}
			lookups[j] = shard.Lookup{Kind: kind, ID: ids[j][:]}
		}
		s.Load(lookups)
		if (lookups[0].Found != nil) != there {
			b.Fatal("wrong answer", lookups[0].Err)
		}
	}
}

// reportCPU adds the CPU time of the process, Pebble's goroutines and the kernel's part included, per operation.
func reportCPU(b *testing.B) func() {
	before := cpuTime(b)
	return func() { b.ReportMetric(float64(cpuTime(b)-before)/1e3/float64(b.N), "cpu-µs/op") }
}

func cpuTime(b *testing.B) (ns int64) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func benchmarkQueues(b *testing.B, n int) (*Store, []shard.Record) {
	rng := rand.New(rand.NewPCG(1, 1))
	s := openStore(b, b.TempDir(), Options{Sync: SyncNever})
	queues := make([]shard.Record, n)
	body := randomBytes(rng, bodySize)
	for i := 0; i < n; i += 1000 {
		t := s.Begin(0)
		for j := i; j < i+1000; j++ {
			queues[j] = randomRecord(rng)
			t.PutQueue(&queues[j])
			if j%10 == 0 {
				h := shard.MessageHeader{Seq: 1, Time: 1}
				t.PutMessage(&queues[j].RecipientID, &h, body[:100])
				h.Seq++
				t.PutMessage(&queues[j].RecipientID, &h, body[:100])
			}
		}
		commit(b, t)
	}
	return s, queues
}

func BenchmarkBody(b *testing.B) {
	s := openStore(b, b.TempDir(), Options{Sync: SyncNever})
	rng := rand.New(rand.NewPCG(1, 1))
	queue := randomID(rng)
	body := randomBytes(rng, bodySize)
	const n = 1000
	t := s.Begin(0)
	for seq := range uint64(n) {
		t.PutMessage(&queue, &shard.MessageHeader{Seq: seq}, body)
	}
	commit(b, t)
	dst := make([]byte, bodySize)
	for _, place := range []string{"memory", "tables"} {
		if place == "tables" {
			if err := s.database().Flush(); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(place, func(b *testing.B) {
			b.SetBytes(bodySize)
			b.ReportAllocs()
			for i := range b.N {
				if _, err := s.Body(&queue, uint64(i%n), dst); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
