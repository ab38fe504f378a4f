// Package simulate runs concurrent code one step at a time, in an order that a seed chooses.
//
// The code is not written for it. Program weave (./weave) makes a copy of packages in which whatever one goroutine may
// notice of another is a point of interleaving: operations on atomics, locks, channels and timers, sleeping and yielding.
// The copy is given to the compiler in the place of the source (go test -overlay), so that what is built for anybody else
// holds nothing of this:
//
//	"sync/atomic", "sync", "time", "runtime"   ./atomic, ./sync, ./time, ./runtime
//	<-c, c <- v, close(c), range c, select     Receive, Send, Close, Range, Wait
//	go f()                                     Go
//
// In a Simulation each goroutine is an actor: a coroutine that runs up to its next point and then gives control back. Whoever
// has made the Simulation, its driver, says when the next step is; the random numbers say whose. Time is the
// Simulation's: it passes a little with each step, and jumps to the next timer when the driver wants it. So a run is a function of
// its seed, however many actors there are, and takes no longer than the work that is done in it.
//
//	driver ── Step ──▶ actor ─ runs ─▶ point ── back to the driver
//	       ── Advance ──▶ the time of the next timer
//
// An actor that waits has a condition, which is looked at before each step: a lost wake-up is an actor whose condition does
// not come true. Actors that can go on do so with different weights, which change now and then, so that some are slow for
// a while, and with a probability of the seed's the last one goes on.
//
// Code that the driver itself calls runs through; it must not have to wait. Without a Simulation the operations are those of the
// standard library, with other goroutines let through at random (Jitter), as the race detector needs: in a simulation all
// steps happen after each other.
//
// One Simulation may run at a time in a process. simulate imports nothing of ours.
package simulate
