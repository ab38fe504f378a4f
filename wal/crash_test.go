package wal

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

var (
	crashSeeds = flag.Int("crashes", tries(30), "how many seeds the crash test tries")
	crashSeed  = flag.Uint64("seed", 1, "the first of them")
)

// tries is how many seeds an ordinary run takes; the race detector makes each ten times slower.
func tries(n int) int {
	if raceEnabled {
		return n / 5
	}
	return n
}

// TestCrash runs two shards with queues of their own on a file system that can crash, takes what a crash at a random
// moment would leave of it, with 0 to 100 % of what was not synced, and opens that. What is there must be what the
// shard's first n transactions left, for an n between those that were durable before the crash and those that were
// made until after it. The shards go on from there, through several crashes.
func TestCrash(t *testing.T) {
	for seed := *crashSeed; seed < *crashSeed+uint64(*crashSeeds); seed++ {
		mode := Sync(seed % 3)
		t.Run(fmt.Sprintf("seed=%d/%s", seed, mode), func(t *testing.T) { crashes(t, seed, mode) })
	}
}

func crashes(t *testing.T, seed uint64, mode Sync) {
	rng := rand.New(rand.NewPCG(seed, 0))
	shards := []*crashShard{{seed: seed * 2}, {seed: seed*2 + 1}}
	fs := vfs.NewCrashableMem()
	for range 3 {
		s := openStore(t, "store", Options{FS: fs, Sync: mode, MemTable: 256 << 10, ticks: make(chan time.Time)})
		for _, sh := range shards {
			sh.recover(t, s)
		}
		fs = crashOnce(t, s, fs, shards, rng)
		s.Close()
	}
	s := openStore(t, "store", Options{FS: fs})
	for _, sh := range shards {
		sh.recover(t, s)
	}
}

// crashOnce lets the shards work and crashes when one of them has made a random number of transactions.
func crashOnce(t *testing.T, s *Store, fs *vfs.MemFS, shards []*crashShard, rng *rand.Rand) *vfs.MemFS {
	stop := make(chan struct{})
	moment := make(chan struct{})
	var wg sync.WaitGroup
	for i, sh := range shards {
		at := -1
		if i == 0 {
			at = rng.IntN(60)
		}
		wg.Go(func() { sh.work(t, s, at, moment, stop) })
	}
	if s.sync == SyncInterval && rng.IntN(2) == 0 {
		made := []int64{shards[0].made.Load(), shards[1].made.Load()}
		s.syncLog()
		for i, sh := range shards {
			sh.durable.Store(made[i])
		}
	}
	<-moment
	for _, sh := range shards {
		sh.atLeast = sh.durable.Load()
	}
	crashed := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
	close(stop)
	wg.Wait()
	return crashed
}

// crashShard is a shard that remembers what its transactions led to.
type crashShard struct {
	seed    uint64
	m       *model
	sums    []uint64     // of the model after each transaction since the last crash, and before the first one
	models  []*model     // the same
	made    atomic.Int64 // transactions that were committed
	durable atomic.Int64 // transactions that were waited for
	atLeast int64        // durable when the crash came
}

// work makes transactions until stop, 400 at most, and says so when it has made the given number.
func (sh *crashShard) work(t *testing.T, s *Store, at int, moment, stop chan struct{}) {
	for n := range 400 {
		if n == at {
			close(moment)
		}
		select {
		case <-stop:
			return
		default:
		}
		tx := s.Begin(s.Epoch())
		for range 1 + sh.m.rng.IntN(4) {
			sh.m.step(tx)
		}
		c, err := tx.Commit()
		if err != nil {
			sh.m = sh.models[len(sh.models)-1] // nothing of it is there
			sh.check(t, s, err)
			return
		}
		sh.remember()
		made := sh.made.Add(1)
		if err := c.Wait(); err != nil {
			sh.check(t, s, err)
			return
		}
		if s.sync == SyncAlways {
			sh.durable.Store(made)
		}
	}
}

// check lets a failure of the disk pass as the reason for an error.
func (sh *crashShard) check(t *testing.T, s *Store, err error) {
	if failure := s.Err(); failure == nil || err != failure {
		t.Error(err)
	}
}

func (sh *crashShard) remember() {
	sh.sums = append(sh.sums, sh.m.sum)
	sh.models = append(sh.models, sh.m.clone())
}

// recover finds out which transactions are there after a crash, and continues from them.
func (sh *crashShard) recover(t *testing.T, s *Store) {
	t.Helper()
	if sh.m == nil {
		sh.m = newModel(sh.seed)
		sh.remember()
	}
	sh.restart(sh.find(t, s))
	sh.m.check(t, s)
}

// find tells which transactions are in a store: those up to the result.
func (sh *crashShard) find(t *testing.T, s *Store) int64 {
	t.Helper()
	there := sumOf(rowsOf(t, s, sh.m.tag))
	for n := int64(len(sh.sums)) - 1; n >= 0; n-- {
		if sh.sums[n] != there {
			continue
		}
		if n < sh.atLeast {
			t.Fatalf("%d transactions are there, but %d were durable", n, sh.atLeast)
		}
		return n
	}
	t.Fatalf("what is there is not the result of any number of transactions")
	return 0
}

func (sh *crashShard) restart(n int64) {
	sh.m = sh.models[n]
	sh.sums, sh.models = nil, nil
	sh.remember()
	sh.made.Store(0)
	sh.durable.Store(0)
	sh.atLeast = 0
}
