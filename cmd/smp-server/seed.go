package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"switchyard/box"
	"switchyard/loadtest/seeded"
	"switchyard/server/cli"
	"switchyard/shard"
	"switchyard/shard/partition"
	"switchyard/smp"
	"switchyard/wal"
)

// seedCommand fills the store for load tests; nobody else has a use for queues whose keys follow from a number, so it is
// not listed.
func seedCommand(p paths) *cobra.Command {
	plan := seeded.Plan{}
	cmd := &cobra.Command{
		Use:     "seed",
		Short:   "Fill the store with queues, for load tests; see `loadtest seed-queues`",
		Example: "  smp-server seed --count 1000000 --seed 1",
		Hidden:  true,
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if plan.Count < 1 {
				return errors.New("--count must be at least 1; give the number of queues")
			}
			if plan.Messages < 0 {
				return errors.New("--messages must be at least 0")
			}
			return seed(cmd, p, plan)
		},
	}
	cmd.Flags().Uint64Var(&plan.Count, "count", 0, "number of queues")
	cmd.Flags().Uint64Var(&plan.Seed, "seed", 1, "number from which IDs and keys follow")
	cmd.Flags().IntVar(&plan.Messages, "messages", 0, "messages in each queue, which is full with them; 0: the queues are empty")
	cmd.Flags().BoolVar(&plan.Foreign, "foreign", false, "sender IDs of any partition, as imported queues have")
	return cmd
}

// seedChunk is how many queues go into the store at a time, some 50 MB, and seedMessages how many messages, some 80 MB.
const (
	seedChunk    = 300_000
	seedMessages = 5_000
)

func seed(cmd *cobra.Command, p paths, plan seeded.Plan) error {
	s, _, err := loadSettings(p)
	if err != nil {
		return err
	}
	if !s.persist {
		return errors.New("the ini turns storage off; set enable = on in section [STORE_LOG]")
	}
	store, err := wal.Open(s.storePath, s.store)
	if err != nil {
		return err
	}
	f := &filler{plan: plan, store: store, key: store.PartitionKey(), now: time.Now(), size: seedChunk}
	if plan.Messages > 0 {
		f.size = max(1, seedMessages/uint64(plan.Messages))
	}
	f.chunks = int64((plan.Count + f.size - 1) / f.size)
	err = f.makeKeys()
	if err == nil {
		err = f.run(func(done uint64) { fmt.Fprintf(cmd.ErrOrStderr(), "smp-server: %d of %d queues\n", done, plan.Count) })
	}
	return errors.Join(err, store.Close())
}

// filler fills a store. Its fields are not changed while it runs, but for next.
type filler struct {
	plan   seeded.Plan
	store  *wal.Store
	key    [16]byte
	now    time.Time
	size   uint64 // of a chunk
	chunks int64
	keys   [][]byte // SPKI DER
	next   atomic.Int64
}

// makeKeys makes the keys that the queues share.
func (f *filler) makeKeys() error {
	f.keys = make([][]byte, min(seeded.Keys, f.plan.Count))
	for i := range f.keys {
		k, err := f.plan.Key(i)
		if err != nil {
			return err
		}
		public := k.Public()
		f.keys[i] = public.AppendSPKI(nil)
	}
	return nil
}

// run fills the store by one goroutine a core. progress is told how many queues are stored, one call at a time.
func (f *filler) run(progress func(done uint64)) error {
	var all sync.WaitGroup
	var mu sync.Mutex
	var failure error
	var done uint64
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for c := f.next.Add(1) - 1; c < f.chunks; c = f.next.Add(1) - 1 {
				n, err := f.chunk(uint64(c))
				mu.Lock()
				if err != nil {
					failure = err
					f.next.Store(f.chunks)
				}
				done += n
				progress(done)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return failure
}

// chunk stores one part of the queues and returns how many they are.
func (f *filler) chunk(c uint64) (n uint64, err error) {
	from := c * f.size
	n = min(f.size, f.plan.Count-from)
	day := uint32(f.now.Unix() / 86400)
	keys := make([][]byte, 1)
	err = f.store.Ingest(int(n), func(i int, r *shard.Record) {
		q := from + uint64(i)
		keys[0] = f.keys[f.plan.KeyNumber(q)]
		*r = shard.Record{RecipientID: f.plan.RecipientID(q), SenderID: f.plan.SenderID(q), RecipientKeys: keys,
			Secret: f.plan.Secret(q), Mode: shard.ModeMessaging, Updated: day}
		if !f.plan.Foreign {
			partition.FitSenderID(&f.key, &r.RecipientID, &r.SenderID)
		}
	})
	if err == nil && f.plan.Messages > 0 {
		err = f.messages(from, n)
	}
	return n, err
}

// messages fills n queues from the given one: with messages, and the marker that says that there was no room for more.
func (f *filler) messages(from, n uint64) error {
	each := f.plan.Messages + 1
	sealed := make([]byte, smp.DeliveredSize)
	return f.store.IngestMessages(int(n)*each, func(i int, m *wal.Message) {
		queue, nth := from+uint64(i/each), i%each
		*m = wal.Message{Queue: f.plan.RecipientID(queue)}
		m.Header = shard.MessageHeader{Seq: uint64(1 + nth), Time: f.now.Unix(), Kind: shard.KindQuota}
		_, _ = rand.Read(m.Header.ID[:]) // never fails
		if nth < f.plan.Messages {
			m.Header.Kind, m.Body = shard.KindMessage, sealed
			seal(sealed, f.plan.Secret(queue), &m.Header)
		}
	})
}

// seal makes the body of a message without content.
func seal(sealed []byte, secret [32]byte, h *shard.MessageHeader) {
	padded := sealed[box.TagSize:]
	plain := smp.AppendMessageBody(padded[2:2], h.Time, h.Notify, nil)
	if err := box.PadInPlace(padded, len(plain)); err != nil {
		panic("a message without content is too long")
	}
	var subkey [box.KeySize]byte
	box.Precompute(&subkey, &secret)
	box.Seal(sealed, (*[box.NonceSize]byte)(&h.ID), &subkey)
}
