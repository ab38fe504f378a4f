package disk

import (
	"log/slog"
	"sync"
	"sync/atomic"
)

// pressure holds commits back while compactions do not keep up with them, as reads become slower with each table that
// lies above others. Pebble has such a wait too, but it ends with a compaction only, and there are no more of these
// once the disk has failed: whoever waited would do so for ever, whatever becomes of the disk.
type pressure struct {
	g   *guard
	log *slog.Logger

	high  atomic.Bool
	mu    sync.Mutex
	eased sync.Cond
}

// stopAfter is how many tables may lie above each other before commits wait.
const stopAfter = 32

func newPressure(g *guard, log *slog.Logger) *pressure {
	p := &pressure{g: g, log: log}
	p.eased.L = &p.mu
	return p
}

// set tells whether commits are to wait. The scheduler calls it from one goroutine at a time.
func (p *pressure) set(high bool) {
	switch old := p.high.Swap(high); {
	case high && !old:
		p.log.Warn("store: the disk does not keep up, writes wait", "cause", "tables are not compacted yet")
	case old && !high:
		p.log.Warn("store: writes go on")
		p.wake()
	}
}

// wait returns when commits may go on, or the disk has failed.
func (p *pressure) wait() {
	if !p.high.Load() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.high.Load() && p.g.err() == nil {
		p.eased.Wait()
	}
}

// wake has those who wait look again.
func (p *pressure) wake() {
	p.mu.Lock() // nobody is between a look and its wait
	//lint:ignore SA2001 the lock is the barrier
	p.mu.Unlock()
	p.eased.Broadcast()
}
