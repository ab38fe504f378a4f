package crash

import (
	"math/rand/v2"
	"time"
)

// Targets is a set of what a run may kill.
type Targets uint8

const (
	TargetRouter Targets = 1 << iota
	TargetProxy
	TargetClients // some of them, each with its connections

	allTargets = TargetRouter | TargetProxy | TargetClients
	startable  = TargetRouter | TargetProxy // processes of the run's own, which it starts again
)

// Kill is one planned end.
type Kill struct {
	// Starting means that those processes are killed that the last kill has ended, while they start, After they began;
	// else the kill comes After the first answer that a client gets when all run.
	Starting bool
	After    time.Duration
	Targets  Targets // at the same moment; not empty
}

// Bounds of the kill times. The shortest meets a router that has hardly served anyone, the longest lets queues fill
// and drain.
const (
	maxKillAfter         = 1500 * time.Millisecond
	maxKillAfterStarting = 150 * time.Millisecond
)

// Schedule derives a number of kills from a seed. One in eight happens while processes start; the times of the others
// are spread so that short ones are as likely by order of magnitude as long ones. Each has any of the targets, alone or
// together, as likely as any other combination.
func Schedule(seed uint64, kills int, of Targets) []Kill {
	times, targets := rand.New(rand.NewPCG(seed, 0x6b696c6c)), rand.New(rand.NewPCG(seed, 0x76696374))
	plan := make([]Kill, kills)
	for i := range plan {
		starting, x := times.IntN(8) == 0 && i > 0, times.Float64()
		drawn := draw(targets, of)
		if starting && plan[i-1].Targets&startable != 0 {
			plan[i] = Kill{true, time.Duration(x * float64(maxKillAfterStarting)), plan[i-1].Targets & startable}
			continue
		}
		plan[i] = Kill{false, time.Duration(x * x * float64(maxKillAfter)), drawn}
	}
	return plan
}

// draw chooses one of the sets that can be made of these targets, other than the empty one.
func draw(r *rand.Rand, of Targets) Targets {
	for {
		if v := Targets(r.Uint32()) & of & allTargets; v != 0 {
			return v
		}
	}
}
