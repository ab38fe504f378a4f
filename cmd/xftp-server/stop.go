package main

import (
	"context"
	"errors"
	"time"
)

const (
	// stopTimeout bounds how long a stopping router waits for transfers under way.
	stopTimeout = 20 * time.Second
	// closeTime is what the store and the rest have after that: closing a store that works takes no more.
	closeTime = 5 * time.Second
)

// untilStopped runs a router and returns when it has ended, or has not in time after ctx did: what hangs, as a disk may,
// must not keep the process. told is called when ctx ends.
func untilStopped(ctx context.Context, told func(), limit time.Duration, run func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- run() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	told()
	select {
	case err := <-ended:
		return err
	case <-time.After(limit):
		return errors.New("the router did not end in time, as the disk does not answer; what clients were told is on it")
	}
}
