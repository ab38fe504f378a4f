package measure

import (
	"sync"
	"sync/atomic"
	"time"
)

// Progress is where a run is.
type Progress struct {
	Phase string // what it does, for people
	Done  int64
	Total int64
	Note  string // more, for people
}

// progressInterval is how often a run tells how far it is.
const progressInterval = 200 * time.Millisecond

// Watcher tells the progress of a load while it runs.
type Watcher struct {
	tell func(Progress)
	done chan struct{}
	end  sync.WaitGroup

	mu      sync.Mutex
	current Progress
	counter *atomic.Int64
	note    func() string
}

// Watch starts to tell; tell may be nil.
func Watch(tell func(Progress)) *Watcher {
	w := &Watcher{tell: tell, done: make(chan struct{})}
	if tell == nil {
		return w
	}
	w.end.Go(func() {
		ticker := time.NewTicker(progressInterval)
		defer ticker.Stop()
		for {
			select {
			case <-w.done:
				w.report()
				return
			case <-ticker.C:
				w.report()
			}
		}
	})
	return w
}

// Phase begins another phase, whose progress the counter shows.
func (w *Watcher) Phase(name string, total int64, counter *atomic.Int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.current, w.counter = Progress{Phase: name, Total: total}, counter
}

// Notes adds what note returns to each progress.
func (w *Watcher) Notes(note func() string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.note = note
}

func (w *Watcher) report() {
	w.mu.Lock()
	p := w.current
	if w.counter != nil {
		p.Done = w.counter.Load()
	}
	note := w.note
	w.mu.Unlock()
	if note != nil {
		p.Note = note()
	}
	if p.Phase != "" {
		w.tell(p)
	}
}

// Close tells the progress a last time.
func (w *Watcher) Close() {
	close(w.done)
	w.end.Wait()
}
