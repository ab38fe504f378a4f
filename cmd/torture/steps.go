package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// step is a test that can be run from any seed.
type step struct {
	name    string // of a row of the table and of --only
	fault   string // what is done to the router
	unit    string // of what is tried
	seeds   int    // how many a turn uses up
	tries   int    // what a turn tries
	share   int    // of the time, in parts
	command func(seed uint64) command
}

// goTest is a test of a package, with its seeds in variables of the environment.
func goTest(pkg, test string, env ...string) command {
	return command{env, []string{"go", "test", "-count=1", "-timeout=30m", "-run=^" + test + "$", pkg}}
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
		name: "crash", fault: "kill -9 of the router under load, sync=always", unit: "kills", seeds: 1, tries: 30, share: 1,
		command: func(seed uint64) command {
			return command{nil, []string{"bin/loadtest", "crash", "--queues", "100", "--kills", "30", "--seed", strconv.FormatUint(seed, 10),
				"--", "bin/smp-server", "start"}}
		},
	},
}
