package measure

import (
	"sync"
	"time"

	"switchyard/loadtest/results"
)

// lagEvery is how often the harness looks how late it is.
const lagEvery = 2 * time.Millisecond

// Lateness measures how late the harness itself is when it wants to do something: what of a latency is the machine's, where
// clients and router have to wait for a core.
type Lateness struct {
	Late *results.Histogram
	quit chan struct{}
	done sync.WaitGroup
}

func StartLateness() *Lateness {
	l := &Lateness{Late: results.NewHistogram(), quit: make(chan struct{})}
	l.done.Go(func() {
		timer := time.NewTimer(lagEvery)
		defer timer.Stop()
		for {
			due := time.Now().Add(lagEvery)
			timer.Reset(lagEvery)
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

func (l *Lateness) Stop() {
	close(l.quit)
	l.done.Wait()
}
