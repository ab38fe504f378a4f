package main

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestStopWhileDiskHangs: a router that hangs does not keep the process, nor a second signal from ending it.
func TestStopWhileDiskHangs(t *testing.T) {
	ctx, signal := context.WithCancel(context.Background())
	signal()
	told := 0
	if err := untilStopped(ctx, func() { told++ }, 0, func() error { select {} }); err == nil || told != 1 {
		t.Errorf("%v, told %d times", err, told)
	}
}

// TestStop: the result of a router that ends in time is passed on, whether or not it was told to.
func TestStop(t *testing.T) {
	ctx, signal := context.WithCancel(context.Background())
	fault, told := errors.New("fault"), make(chan struct{})
	if err := untilStopped(ctx, nil, time.Hour, func() error { return fault }); err != fault {
		t.Error(err)
	}
	signal()
	run := func() error { <-told; return fault }
	if err := untilStopped(ctx, func() { close(told) }, time.Hour, run); err != fault {
		t.Error(err)
	}
}
