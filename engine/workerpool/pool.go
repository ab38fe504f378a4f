// Package workerpool does the asymmetric cryptography of handshakes on a bounded number of goroutines, with a bounded queue.
// It knows nothing of what the jobs are. It imports server/crash only.
package workerpool

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/server/crash"
)

const (
	// queueSize is how many handshakes may wait for a worker. More than that are turned away: a client of the
	// reference comes back after a pause, while one that waits longer gives up and has cost its work for nothing.
	queueSize = 1 << 14
	// gateTries is how often a worker naps for gateNap before a job while the shards are behind: a client that was let in
	// would only wait there, and hold memory. The bound is for the case that they never catch up.
	gateTries = 10
	gateNap   = time.Millisecond
)

// Pool is such a pool.
//
// Any goroutine may submit; the workers own the jobs that they have taken.
type Pool struct {
	jobs     chan func()
	behind   func() bool // the shards have much to do for the clients that they have
	stopping atomic.Bool
	done     sync.WaitGroup
}

// Start starts a pool of n workers, which wait a while before a job as long as the shards are behind.
func Start(n int, behind func() bool) *Pool {
	p := &Pool{jobs: make(chan func(), queueSize), behind: behind}
	for range n {
		p.done.Go(func() {
			defer crash.Report()
			for job := range p.jobs {
				p.gate()
				job()
				runtime.Gosched() // loops and shards that wait for a processor go first
			}
		})
	}
	return p
}

// gate waits while the shards are behind, but not for long.
func (p *Pool) gate() {
	for try := 0; try < gateTries && !p.stopping.Load() && p.behind(); try++ {
		time.Sleep(gateNap)
	}
}

// Submit gives a job to the pool; false means that too many wait.
func (p *Pool) Submit(job func()) bool {
	select {
	case p.jobs <- job:
		return true
	default:
		return false
	}
}

// Stop does what is queued and ends the workers. No Submit may follow.
func (p *Pool) Stop() {
	p.stopping.Store(true)
	close(p.jobs)
	p.done.Wait()
}
