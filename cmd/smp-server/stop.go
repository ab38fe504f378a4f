package main

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"switchyard/engine"
	"switchyard/wal"
)

// stopping gives a router that ends its time, which all of its parts share: what hangs, as a disk may, must not keep the
// process.
type stopping struct {
	timeout time.Duration
	began   time.Time
}

// closeTime is what the store has left in any case: closing one that works takes no more.
const closeTime = 2 * time.Second

func (s *stopping) router(r *engine.Router) error {
	s.began = time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	return r.Stop(ctx)
}

func (s *stopping) store(store *wal.Store) error {
	left := s.timeout
	if !s.began.IsZero() {
		left = max(closeTime, left-time.Since(s.began))
	}
	closed := make(chan error, 1)
	go func() { closed <- store.Close() }()
	select {
	case err := <-closed:
		return err
	case <-time.After(left):
		return errors.New("the store did not close in time, as the disk does not answer; with sync = always what clients were told is on it")
	}
}

// logCauses says why connections were closed and what was refused, since the start.
func logCauses(log *slog.Logger, s engine.Stats) {
	group := func(name string, counts map[string]int64) slog.Attr {
		var all []any
		for _, cause := range slices.Sorted(maps.Keys(counts)) {
			if n := counts[cause]; n > 0 {
				all = append(all, slog.Int64(cause, n))
			}
		}
		return slog.Group(name, all...)
	}
	log.Info("since the start", "accepted", s.Accepted, "failed", s.Failed, group("closed", s.Closed), group("refused", s.Refused))
}
