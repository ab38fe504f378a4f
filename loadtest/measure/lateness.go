package measure

import (
	"sync"
	"time"

	"switchyard/loadtest/results"
)

// latenessInterval is how often the harness looks how late it is.
const latenessInterval = 2 * time.Millisecond

// Lateness measures how late the harness itself is when it wants to do something: what of a latency is the machine's, where
// clients and router have to wait for a core.
type Lateness struct {
	Late *results.Histogram
	quit chan struct{}
	done sync.WaitGroup
}

// StartLateness begins to measure, on a goroutine that ends with Stop.
func StartLateness() *Lateness {
	l := &Lateness{Late: results.NewHistogram(), quit: make(chan struct{})}
	l.done.Go(func() {
		timer := time.NewTimer(latenessInterval)
		defer timer.Stop()
		for {
			due := time.Now().Add(latenessInterval)
			timer.Reset(latenessInterval)
			select {
			case <-timer.C:
				l.Late.Record(time.Since(due))
			case <-l.quit:
				return
			}
		}
	})
	return l
}

// Stop ends the measuring.
func (l *Lateness) Stop() {
	close(l.quit)
	l.done.Wait()
}
