package shard

import (
	"flag"
	"fmt"
	"strconv"
	"testing"
)

var (
	modelSeed  = flag.Uint64("model.seed", 0, "run the model checks with this seed only")
	modelSeeds = flag.Uint64("model.seeds", 3, "how many seeds the model checks take")
	modelSteps = flag.Int("model.steps", ordinarySteps(), "steps of the model checks with each seed")
)

// ordinarySteps is fewer where each takes ten times as long.
func ordinarySteps() int {
	if raceEnabled {
		return 150
	}
	return 2000
}

// eachModelSeed runs the steps of a check, and says how to repeat one that fails.
func eachModelSeed(t *testing.T, start func(*testing.T, uint64) (func(int), *trace)) {
	first, last := uint64(1), *modelSeeds
	if *modelSeed != 0 {
		first, last = *modelSeed, *modelSeed
	}
	for seed := first; seed <= last; seed++ {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			next, trace := start(t, seed)
			step := 0
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("the last steps:\n%s", *trace)
					t.Logf("replay: go test ./shard -run '^%s$' -model.seed %d -model.steps %d",
						t.Name()[:len(t.Name())-len(strconv.FormatUint(seed, 10))-1], seed, step+1)
				}
			})
			for ; step < *modelSteps; step++ {
				if next(step); t.Failed() {
					return
				}
			}
		})
	}
}

// trace is the end of what a check has done.
type trace []byte

func (tr *trace) log(format string, args ...any) {
	*tr = fmt.Appendf(*tr, format+"\n", args...)
	if len(*tr) > 80_000 {
		*tr = (*tr)[len(*tr)-40_000:]
	}
}
