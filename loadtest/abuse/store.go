package abuse

import (
	"context"
	"io"
	"slices"

	"switchyard/loadtest/process"
	"switchyard/loadtest/seeded"
)

// Stored says how many queues a store is filled with for those kinds of attackers that need them, at scale 1.
type Stored struct {
	Empty    int
	Full     int
	Messages int // in each full queue
}

// The seeds of stored queues differ, so that full queues are others than the empty ones of a store.
const (
	emptySeed = 1
	fullSeed  = 2
)

// NeedsStore tells whether any of the kinds of attackers needs a store that was filled offline.
func (c *Config) NeedsStore() bool {
	return slices.ContainsFunc(c.Kinds, func(name string) bool { return attacks[name].store != storeNone })
}

// FillStore fills the store of the router in dir with what the kinds need, by the router's own program; see process.FillQueues.
func (c *Config) FillStore(ctx context.Context, dir string, s Stored, command []string, out io.Writer) error {
	scaled := func(n int) uint64 { return uint64(max(1, int(float64(n)*c.Scale))) }
	for _, name := range c.Kinds {
		switch attacks[name].store {
		case storeEmpty:
			c.Empty = &seeded.Plan{Count: scaled(s.Empty), Seed: emptySeed}
		case storeFull:
			c.Full = &seeded.Plan{Count: scaled(s.Full), Seed: fullSeed, Messages: s.Messages}
		}
	}
	for mark, plan := range map[string]*seeded.Plan{process.StoredMark: c.Empty, process.FullMark: c.Full} {
		if plan == nil {
			continue
		}
		if err := process.FillQueues(ctx, dir, mark, *plan, command, out); err != nil {
			return err
		}
	}
	return nil
}
