package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// limitError is a limit for which a run was ended.
type limitError string

func (e limitError) Error() string { return string(e) }

const (
	errTime   = limitError("time")
	errMemory = limitError("memory")
	errIdle   = limitError("waiting for ever")
)

const (
	// memoryLimit is how much memory a run may take, which a loop that does not end fills soon.
	memoryLimit = 4 << 30
	// idleLimit is how long a run may do nothing, and twice the time that its tests took: what does nothing for longer waits for
	// something that does not come.
	idleLimit = 5 * time.Second
	watchLook = 200 * time.Millisecond
	// leastWork is what a process has done in a while if it is not idle: Go's own goroutines do less.
	leastWork = 50 * time.Millisecond
)

// bounds are what a process may do.
type bounds struct {
	memory int
	idle   time.Duration
}

// watch calls stop once when a process is out of bounds, until it is done. It needs /proc: elsewhere there is the time alone.
func watch(pid int, b bounds, done <-chan struct{}, stop func(error)) {
	tick := time.NewTicker(watchLook)
	defer tick.Stop()
	before, since := work(pid), time.Now()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		if resident(pid) > b.memory {
			stop(errMemory)
			return
		}
		switch now := work(pid); {
		case now == 0 || now-before >= leastWork || now < before:
			before, since = now, time.Now()
		case time.Since(since) > b.idle:
			stop(errIdle)
			return
		}
	}
}

// resident is how much memory a process has, 0 where the system does not tell.
func resident(pid int) int {
	var size, pages int
	if data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "statm")); err == nil {
		_, _ = fmt.Sscan(string(data), &size, &pages)
	}
	return pages * os.Getpagesize()
}

// work is for how long the threads of a process have run or been ready to run, on a machine that has other work, too; 0 where
// the system does not tell.
func work(pid int) (sum time.Duration) {
	names, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "schedstat"))
	for _, name := range names {
		var ran, waited time.Duration
		if data, err := os.ReadFile(name); err == nil {
			_, _ = fmt.Fscan(bytes.NewReader(data), &ran, &waited)
			sum += ran + waited
		}
	}
	return sum
}
