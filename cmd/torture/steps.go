package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// step is a test that can be run from any seed.
type step struct {
	name    string         // of a row of the table and of --only
	fault   string         // what is done to the router
	unit    string         // of what is tried
	seeds   int            // how many a turn uses up
	tries   int            // what a turn tries
	share   int            // of the time, in parts
	done    *regexp.Regexp // what a turn prints of each that it has tried, or of so many; nil: of a turn that is short
	command func(seed uint64) command
}

// Lines of which there is one for each try, or one that has their number.
var (
	seedDone    = regexp.MustCompile(`(?m)^ +[a-z]+_test\.go:\d+: seed \d+: (passed|failed)$`)
	roundDone   = regexp.MustCompile(`(?m)^--- (PASS|FAIL): TestDamagedFiles `) // the last of the three
	killsDone   = regexp.MustCompile(`(?m)^kills +(\d+) `)
	attacksDone = regexp.MustCompile(`(?m)^[a-z][a-z-]+ +\d+( +[\d.]+){9}`)
)

// goTest is a test of a package, with flags of its own. It tells of each of its parts.
func goTest(pkg, tests string, flags ...string) command {
	return command{args: append([]string{"go", "test", "-v", "-count=1", "-timeout=30m", "-run=" + tests, pkg, "-args"}, flags...)}
}

// simulation is a simulation of the router, of sources that are made for it, by flags of that and of its own.
func simulation(weave []string, flags ...string) command {
	args := append([]string{"go", "run", "./internal/simulate/weave"}, weave...)
	args = append(args, "--", "-timeout=0", "-run=^TestSimulation$", "./shard", "-args")
	return command{args: append(args, flags...)}
}

// onRouter is a scenario of the load harness with a router of its own.
func onRouter(flags ...string) command {
	return command{args: append(append([]string{"bin/loadtest"}, flags...), "--", "bin/smp-server", "start")}
}

// crash kills what the flags say 30 times.
func crash(seed uint64, flags ...string) command {
	return onRouter(append([]string{"crash", "--queues=100", "--kills=30", flagged("--seed", seed)}, flags...)...)
}

// choose returns the steps of these names; all when there are none.
func choose(all []step, only []string) ([]step, error) {
	if len(only) == 0 {
		return all, nil
	}
	var chosen []step
	for _, name := range only {
		i := slices.IndexFunc(all, func(s step) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("--only: there is no %q, but %s", name, strings.Join(names(all), ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

func names(steps []step) (names []string) {
	for _, s := range steps {
		names = append(names, s.name)
	}
	return names
}

// steps are what `make torture` runs, in the root of the repository with the programs in bin.
var steps = []step{
	{
		name: "power", fault: "loss of power at any moment, on a file system in memory", unit: "seeds", seeds: 5000, tries: 5000, share: 2, done: seedDone,
		command: func(seed uint64) command {
			return goTest("./wal", "^TestCrash$", "-crashes=5000", flagged("-seed", seed))
		},
	},
	{
		name: "disk", fault: "disks that fail and recover, damaged files", unit: "rounds", seeds: 40, tries: 1, share: 2, done: roundDone,
		command: func(seed uint64) command {
			return goTest("./wal", "^(TestDiskFaults|TestDiskRecovers|TestDamagedFiles)$", "-faults=1", flagged("-seed", seed))
		},
	},
	{
		name: "model", fault: "random commands and restarts, beside a model of SMP", unit: "steps", seeds: 1, tries: 20_000, share: 2,
		command: func(seed uint64) command {
			return goTest("./shard", "^(TestModel|TestServiceModel)$", flagged("-model.seed", seed), "-model.steps=20000")
		},
	},
	{
		name: "simulate", fault: "interleavings of shards, loops and store, chosen step by step", unit: "seeds", seeds: 5000, tries: 5000, share: 2,
		command: func(seed uint64) command {
			return simulation(nil, flagged("-simulate.first", seed), "-simulate.seeds=5000")
		},
	},
	{
		name: "simulate-faults", fault: "faults of the past, put back one at a time, which have to be found", unit: "rounds", seeds: 10_000, tries: 1, share: 1,
		command: func(seed uint64) command {
			return simulation([]string{"-faults=shard/testdata/faults"}, flagged("-simulate.first", seed), "-simulate.seeds=10000")
		},
	},
	{
		name: "history", fault: "cut connections and crashes, histories checked for linearizability", unit: "histories", seeds: 20, tries: 20, share: 2, done: seedDone,
		command: func(seed uint64) command {
			return goTest("./engine/history", "^TestLinearizable$", "-history.seeds=20", flagged("-history.seed", seed))
		},
	},
	{
		name: "crash", fault: "kill -9 of the router under load, sync=always", unit: "kills", seeds: 1, tries: 30, share: 1, done: killsDone,
		command: func(seed uint64) command { return crash(seed) },
	},
	{
		name: "crash-clients", fault: "the same, and of clients", unit: "kills", seeds: 1, tries: 30, share: 1, done: killsDone,
		command: func(seed uint64) command { return crash(seed, "--kill-clients") },
	},
	{
		name: "crash-proxy", fault: "the same, and of a proxy between them", unit: "kills", seeds: 1, tries: 30, share: 1, done: killsDone,
		command: func(seed uint64) command { return crash(seed, "--proxy", "--kill-clients") },
	},
	{
		name: "crash-interval", fault: "of router and clients, sync=interval", unit: "kills", seeds: 1, tries: 30, share: 1, done: killsDone,
		command: func(seed uint64) command {
			return crash(seed, "--set=SWITCHYARD.sync=interval", "--kill-clients")
		},
	},
	{
		name: "abuse", fault: "attackers beside a group that exchanges messages", unit: "attacks", seeds: 1, tries: 10, share: 1, done: attacksDone,
		command: func(uint64) command {
			return onRouter("abuse", "--scale=0.1", "--each=5s", "--quiet=5s", "--rate=20")
		},
	},
}

func flagged(name string, seed uint64) string { return name + "=" + strconv.FormatUint(seed, 10) }
