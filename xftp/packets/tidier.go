package packets

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"switchyard/internal/disk"
	"switchyard/server/crash"
)

// tidier is the goroutine that settles what is left over: uploads whose fate was not known, bodies that have not got their
// name, bodies that were not removed. Which they are is durable: temporary names, and notes in the records. So a start knows
// them, too, and does the same first.
type tidier struct {
	left   atomic.Bool // something is, or may be
	quit   context.CancelFunc
	done   chan struct{}
	idle   int // rounds without anything to do
	failed string
}

const (
	// tidyEvery is how often it looks whether something is left.
	tidyEvery = time.Minute
	// tidyAnyway is after how many looks it does its work in any case: an object store may finish a request that was given up.
	tidyAnyway = 60
	// tidyFaults is after how many faults a round ends, as an object store that does not answer takes its time for each.
	tidyFaults = 10
)

func (s *Store) startTidier(ticks <-chan time.Time) {
	ctx, quit := context.WithCancel(context.Background())
	s.tidier.quit, s.tidier.done = quit, make(chan struct{})
	stop := func() {}
	if ticks == nil {
		t := time.NewTicker(tidyEvery)
		ticks, stop = t.C, t.Stop
	}
	go func() {
		defer crash.Report()
		defer close(s.tidier.done)
		defer stop()
		for {
			select {
			case <-ticks:
				if s.tidier.idle++; s.tidier.left.Load() || s.tidier.idle >= tidyAnyway {
					s.tidyUp(ctx)
				}
			case <-ctx.Done():
				return
			}
		}
	}()
}

func (t *tidier) stop() {
	t.quit()
	<-t.done
}

// later leaves something to the tidier, and tells about the first.
func (s *Store) later(what string, err error) {
	if !s.tidier.left.Swap(true) {
		s.log.Warn("store: "+what+"; it is tried again", "cause", Cause(err))
	}
}

// tidyUp settles what is left. What cannot be settled is set aside until the next time; the rest goes on.
func (s *Store) tidyUp(ctx context.Context) {
	if s.db.Err() != nil {
		return // what the records say is not sure now
	}
	s.tidier.left.Store(false)
	s.tidier.idle = 0
	var f faults
	s.settleUploads(ctx, &f)
	s.removeNoted(ctx, &f)
	if f.n > 0 && ctx.Err() == nil {
		s.tidier.left.Store(true)
		if text := f.Error(); text != s.tidier.failed { // not again each time
			s.tidier.failed = text
			s.log.Warn("store: bodies are left over; they are tried again", "count", f.n, "cause", text)
		}
		return
	}
	s.tidier.failed = ""
}

// settleUploads gives bodies under temporary names their final one, or removes them, as their records say.
func (s *Store) settleUploads(ctx context.Context, f *faults) {
	for name, err := range s.bodies.Uploads(ctx) {
		if err == nil {
			err = s.settleUpload(ctx, name)
		}
		if f.add(err); f.n >= tidyFaults || ctx.Err() != nil {
			return
		}
	}
}

func (s *Store) settleUpload(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, workTimeout)
	defer cancel()
	id, tag, ok := parseTemporaryName(name)
	if !ok {
		return s.bodies.RemoveUpload(ctx, name)
	}
	if s.uploads.has(tag) {
		return nil
	}
	end, err := s.names.begin(ctx, id)
	if err != nil {
		return err
	}
	defer end()
	in := s.enter()
	defer in.Leave()
	r, err := in.packet(id)
	if failure := in.Err(); failure != nil {
		return failure // what was read may not be durable
	}
	switch {
	case err == nil && r.Uploaded && r.tag == tag:
		return s.bodies.Publish(ctx, id, name)
	case err == nil || errors.Is(err, ErrNotFound):
		return s.bodies.RemoveUpload(ctx, name)
	}
	return err
}

// removeNoted removes the bodies that have notes.
func (s *Store) removeNoted(ctx context.Context, f *faults) {
	var p disk.Passed
	defer func() { f.add(p.Err()) }()
	for from := []byte{'d'}; from != nil && f.n < tidyFaults; {
		var ids []ID
		var err error
		from, err = s.stretch(from, []byte{'d' + 1}, idSteps, &p, func(key []byte) bool {
			id, ok := ParseID(key[1:])
			if ok {
				ids = append(ids, id)
			}
			return ok
		})
		if err != nil {
			f.add(err)
			return
		}
		for _, id := range ids {
			if ctx.Err() != nil || f.n >= tidyFaults {
				return
			}
			once, cancel := context.WithTimeout(ctx, workTimeout)
			f.add(s.remove(once, id))
			cancel()
		}
	}
}

// faults counts what went wrong with single ones of many.
type faults struct {
	n     int
	first error
}

func (f *faults) add(err error) {
	if err == nil {
		return
	}
	if f.n++; f.n == 1 {
		f.first = err
	}
}

// Error is the first one.
func (f *faults) Error() string { return Cause(f.first) }
