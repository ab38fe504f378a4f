package main

import (
	"context"
	"errors"
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
