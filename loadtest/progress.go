package loadtest

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

// watcher tells the progress of a load while it runs.
type watcher struct {
	tell func(Progress)
	done chan struct{}
	end  sync.WaitGroup

	mu      sync.Mutex
	current Progress
	counter *atomic.Int64
	note    func() string
}

// watch starts to tell; tell may be nil.
func watch(tell func(Progress)) *watcher {
	w := &watcher{tell: tell, done: make(chan struct{})}
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

// phase begins another phase, whose progress the counter shows.
func (w *watcher) phase(name string, total int64, counter *atomic.Int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.current, w.counter = Progress{Phase: name, Total: total}, counter
}

// notes adds what note returns to each progress.
func (w *watcher) notes(note func() string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.note = note
}

func (w *watcher) report() {
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

// close tells the progress a last time.
func (w *watcher) close() {
	close(w.done)
	w.end.Wait()
}
