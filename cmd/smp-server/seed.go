package main

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"switchyard/loadtest/seeded"
	"switchyard/shard"
	"switchyard/wal"
)

// seedCommand fills the store for load tests; nobody else has a use for queues whose keys follow from a number, so it is
// not listed.
func seedCommand(p paths) *cobra.Command {
	plan := seeded.Plan{}
	cmd := &cobra.Command{
		Use:     "seed",
		Short:   "Fill the store with empty queues, for load tests; see `loadtest seed-queues`",
		Example: "  smp-server seed --count 1000000 --seed 1",
		Hidden:  true,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if plan.Count < 1 {
				return errors.New("--count must be at least 1; give the number of queues")
			}
			return seed(cmd, p, plan)
		},
	}
	cmd.Flags().Uint64Var(&plan.Count, "count", 0, "number of queues")
	cmd.Flags().Uint64Var(&plan.Seed, "seed", 1, "number from which IDs and keys follow")
	return cmd
}

// seedChunk is how many queues go into the store at a time: some 50 MB.
const seedChunk = 300_000

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
	f := &filler{plan: plan, store: store, key: store.PartitionKey(), day: uint32(time.Now().Unix() / 86400),
		chunks: int64((plan.Count + seedChunk - 1) / seedChunk)}
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
	day    uint32
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
	from := c * seedChunk
	n = min(seedChunk, f.plan.Count-from)
	keys := make([][]byte, 1)
	err = f.store.Ingest(int(n), func(i int, r *shard.Record) {
		q := from + uint64(i)
		keys[0] = f.keys[f.plan.KeyNumber(q)]
		*r = shard.Record{RecipientID: f.plan.RecipientID(q), SenderID: f.plan.SenderID(q), RecipientKeys: keys,
			Secret: f.plan.Secret(q), Mode: shard.ModeMessaging, Updated: f.day}
		shard.FitSenderID(&f.key, &r.RecipientID, &r.SenderID)
	})
	return n, err
}
