// Package workerpool does the asymmetric cryptography of handshakes on a bounded pool of goroutines.
package workerpool

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/server/crash"
)

const (
	// workerQueue is how many handshakes may wait for a worker. More than that are turned away: a client of the
	// reference comes back after a pause, while one that waits longer gives up and has cost its work for nothing.
	workerQueue = 1 << 14
	// gateTries is how often a worker naps for gateNap before a job while the shards are behind: a client that was let in
	// would only wait there, and hold memory. The bound is for the case that they never catch up.
	gateTries = 10
	gateNap   = time.Millisecond
)

// workers is the bounded pool that does the asymmetric cryptography of handshakes.
type Pool struct {
	jobs     chan func()
	behind   func() bool // the shards have much to do for the clients that they have
	stopping atomic.Bool
	done     sync.WaitGroup
}

func Start(n int, behind func() bool) *Pool {
	w := &Pool{jobs: make(chan func(), workerQueue), behind: behind}
	for range n {
		w.done.Go(func() {
			defer crash.Report()
			for job := range w.jobs {
				w.gate()
				job()
				runtime.Gosched() // loops and shards that wait for a processor go first
			}
		})
	}
	return w
}

// gate waits while the shards are behind, but not for long.
func (w *Pool) gate() {
	for try := 0; try < gateTries && !w.stopping.Load() && w.behind(); try++ {
		time.Sleep(gateNap)
	}
}

// submit gives a job to the pool; false means that too many wait.
func (w *Pool) Submit(job func()) bool {
	select {
	case w.jobs <- job:
		return true
	default:
		return false
	}
}

// stop does what is queued and ends the workers. No submit may follow.
func (w *Pool) Stop() {
	w.stopping.Store(true)
	close(w.jobs)
	w.done.Wait()
}
