package loadtest

import (
	"math/rand/v2"
	"time"
)

// Kill is one planned end of the router.
type Kill struct {
	// Starting means that the router is killed while it starts, After its process began; else After the first answer
	// that a client gets from it.
	Starting bool
	After    time.Duration
}

// Bounds of the kill times. The shortest meets a router that has hardly served anyone, the longest lets queues fill
// and drain.
const (
	maxKillAfter         = 1500 * time.Millisecond
	maxKillAfterStarting = 150 * time.Millisecond
)

// Schedule derives a number of kills from a seed. One in eight happens while the router starts; the times of the
// others are spread so that short ones are as likely by order of magnitude as long ones.
func Schedule(seed uint64, kills int) []Kill {
	r := rand.New(rand.NewPCG(seed, 0x6b696c6c))
	plan := make([]Kill, kills)
	for i := range plan {
		starting, x := r.IntN(8) == 0 && i > 0, r.Float64()
		if starting {
			plan[i] = Kill{true, time.Duration(x * float64(maxKillAfterStarting))}
			continue
		}
		plan[i] = Kill{false, time.Duration(x * x * float64(maxKillAfter))}
	}
	return plan
}
