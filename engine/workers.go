package engine

import (
	"sync"

	"switchyard/internal/crash"
)

// workerQueue is how many handshakes may wait for a worker. More than that are turned away: a client of the
// reference comes back after a pause, while one that waits longer gives up and has cost its work for nothing.
const workerQueue = 1 << 14

// workers is the bounded pool that does the asymmetric cryptography of handshakes.
type workers struct {
	jobs chan func()
	done sync.WaitGroup
}

func startWorkers(n int) *workers {
	w := &workers{jobs: make(chan func(), workerQueue)}
	for range n {
		w.done.Go(func() {
			defer crash.Report()
			for job := range w.jobs {
				job()
			}
		})
	}
	return w
}

// submit gives a job to the pool; false means that too many wait.
func (w *workers) submit(job func()) bool {
	select {
	case w.jobs <- job:
		return true
	default:
		return false
	}
}

// stop does what is queued and ends the workers. No submit may follow.
func (w *workers) stop() {
	close(w.jobs)
	w.done.Wait()
}
