package wal

import (
	"bufio"
	"flag"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

var (
	crashSeeds = flag.Int("crashes", tries(500), "how many seeds the crash test tries")
	faultTimes = flag.Int("faults", 1, "how many times as many faulty disks and damaged files are tried as usual")
	crashSeed  = flag.Uint64("seed", 1, "the first seed, of crashes, faulty disks and damaged files")
)

// tries is how many seeds an ordinary run takes; the race detector makes each ten times slower.
func tries(n int) int {
	if raceEnabled {
		return max(5, n/50)
	}
	return n
}

// faultSeeds are those of n disks that fail, times faultTimes.
func faultSeeds(n int) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for i := range uint64(*faultTimes * tries(n)) {
			if !yield(*crashSeed - 1 + i) {
				return
			}
		}
	}
}

// TestCrash runs two shards with queues of their own on a file system that can crash, takes what a crash at a random
// moment would leave of it, with 0 to 100 % of what was not synced, and opens that. What is there must be what the
// shard's first n transactions left, for an n between those that were durable before the crash (what they wrote is set)
// and those that were made until after it (what the others wrote may be set): of queues, keys, links, notifiers,
// notifications, services, associations, counts and messages. And when a transaction of one shard is there, all are that
// were made before it was begun, of both. In every other run the shards go on from there, and crash once more.
//
// WAL_CRASHES is another way to say how many seeds are tried.
func TestCrash(t *testing.T) {
	n := uint64(*crashSeeds)
	if text := os.Getenv("WAL_CRASHES"); text != "" {
		var err error
		if n, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	const together = 100 // so that a run that is interrupted has tried the seeds up to some one
	for first, end := *crashSeed, *crashSeed+n; first < end; first += together {
		t.Run(fmt.Sprintf("from=%d", first), func(t *testing.T) {
			for seed := first; seed < min(first+together, end); seed++ {
				t.Run(fmt.Sprintf("seed=%d/%s", seed, Sync(seed%3)), func(t *testing.T) { crashesOf(t, seed) })
			}
		})
	}
}

// crashesOf says at once what became of a seed, for whoever counts until he interrupts the test: what package testing says of a
// subtest comes only with the whole.
func crashesOf(t *testing.T, seed uint64) {
	t.Parallel()
	t.Cleanup(func() {
		if !t.Failed() {
			t.Logf("seed %d: passed", seed)
			return
		}
		t.Logf("seed %d: failed", seed)
		// The scheduling of goroutines makes each run a little different.
		t.Logf("again: go test ./wal -run 'TestCrash$' -count 20 -crashes 1 -seed %d", seed)
	})
	crashes(t, seed)
}

// TestCrashTellsOfEachSeed runs TestCrash in a process of its own, which says what became of a seed long before its end.
func TestCrashTellsOfEachSeed(t *testing.T) {
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^TestCrash$", "-crashes=100000")
	c.Env = append(os.Environ(), "WAL_CRASHES=")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Wait()
	defer c.Process.Kill()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		switch line := strings.TrimSpace(lines.Text()); {
		case strings.HasSuffix(line, ": passed"):
			return
		case strings.HasPrefix(line, "--- "):
			t.Fatal("the end comes first: ", line)
		}
	}
	t.Fatal("nothing is told")
}

func crashes(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 0))
	options := Options{
		Sync: Sync(seed % 3), MemTable: 64 << 10 << rng.IntN(3), Cache: 64 << 10,
		ticks: make(chan time.Time), looks: make(chan time.Time),
	}
	shards := []*crashShard{newCrashShard(seed*2, 40, 1000), newCrashShard(seed*2+1, 40, 1000)}
	fs := vfs.NewCrashableMem()
	for range 1 + rng.IntN(2) {
		options.FS = fs
		s := openStore(t, "store", options)
		recoverAll(t, s, shards)
		fs = crashOnce(t, s, fs, shards, rng)
		s.Close()
	}
	recoverAll(t, openStore(t, "store", Options{FS: fs, looks: options.looks}), shards)
}

// recoverAll has the shards find out which of their transactions are there, checks that they are one prefix of all, and
// continues from them.
func recoverAll(t *testing.T, s *Store, shards []*crashShard) {
	t.Helper()
	there := make([]int64, len(shards))
	for i, sh := range shards {
		there[i] = sh.find(t, s)
	}
	for i, sh := range shards {
		n := slices.Index(sh.sums, sh.sums[there[i]]) // what came after may have led back to it
		if n == 0 {
			continue
		}
		last := sh.calls[n-1]
		for j, other := range shards {
			if there[j] < int64(len(other.calls)) && other.calls[there[j]].end < last.begin {
				t.Fatalf("transaction %d of a shard is there, but not %d of another one, which was made before", n, there[j]+1)
			}
		}
	}
	for i, sh := range shards {
		sh.restart(there[i])
		sh.m.check(t, s)
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
			at = rng.IntN(sh.limit)
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
	limit   int // of transactions in one life
	m       *model
	calls   []call       // to Commit since the last crash
	sums    []uint64     // of the model after each transaction since the last crash, and before the first one
	models  []*model     // the same
	made    atomic.Int64 // transactions that were committed
	durable atomic.Int64 // transactions that were waited for
	atLeast int64        // durable when the crash came
}

// call is when a call was made and when it returned, in calls of all shards.
type call struct{ begin, end int64 }

var calls atomic.Int64

// newCrashShard makes a shard with messages up to the given size.
func newCrashShard(seed uint64, limit, body int) *crashShard {
	sh := &crashShard{seed: seed, limit: limit, m: newModel(seed)}
	sh.m.body = body
	sh.remember()
	return sh
}

// work makes transactions until stop, up to the limit, and says so when it has made the given number.
func (sh *crashShard) work(t *testing.T, s *Store, at int, moment, stop chan struct{}) {
	for n := range sh.limit {
		if n == at {
			close(moment)
		}
		select {
		case <-stop:
			return
		default:
		}
		made, err := sh.transact(s)
		if err != nil {
			if failure := s.Err(); failure == nil || err != failure { // the disk's is a reason
				t.Error(err)
			}
			return
		}
		if s.sync == SyncAlways {
			sh.durable.Store(made)
		}
	}
}

// transact makes a transaction and waits for it. made is how many there are.
func (sh *crashShard) transact(s *Store) (made int64, err error) {
	if sh.m.rng.IntN(30) == 0 {
		return sh.register(s)
	}
	tx := s.Begin(s.Epoch())
	for range 1 + sh.m.rng.IntN(4) {
		sh.m.step(tx)
	}
	begin := calls.Add(1)
	c, err := tx.Commit()
	if err != nil {
		sh.m = sh.models[len(sh.models)-1].clone() // nothing of it is there
		return 0, err
	}
	sh.calls = append(sh.calls, call{begin, calls.Add(1)})
	sh.remember()
	made = sh.made.Add(1)
	return made, c.Wait()
}

// register makes a service.
func (sh *crashShard) register(s *Store) (made int64, err error) {
	begin := calls.Add(1)
	err = sh.m.register(s)
	sh.calls = append(sh.calls, call{begin, calls.Add(1)})
	sh.remember()
	return sh.made.Add(1), err
}

func (sh *crashShard) remember() {
	sh.sums = append(sh.sums, sh.m.sum)
	sh.models = append(sh.models, sh.m.clone())
}

// recover finds out which transactions are there after a crash, and continues from them.
func (sh *crashShard) recover(t *testing.T, s *Store) {
	t.Helper()
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
	sh.sums, sh.models, sh.calls = nil, nil, nil
	sh.remember()
	sh.made.Store(0)
	sh.durable.Store(0)
	sh.atLeast = 0
}
