// Package sync has what woven code uses of sync; locks and groups are points of interleaving, and actors wait for them.
package sync

import (
	"sync"

	"switchyard/internal/simulate"
)

// What needs no points: a pool has nothing that could be noticed.
type Pool = sync.Pool

// Locker is sync.Locker.
type Locker = sync.Locker

// Mutex is sync.Mutex.
type Mutex struct {
	mu     sync.Mutex // without a simulation
	locked bool       // in one
}

func (m *Mutex) Lock() {
	simulate.Point("lock")
	if !simulate.Simulating() {
		m.mu.Lock()
		return
	}
	for m.locked {
		simulate.Wait("lock", func() bool { return !m.locked })
	}
	m.locked = true
}

func (m *Mutex) Unlock() {
	if !simulate.Simulating() {
		m.mu.Unlock()
		return
	}
	if !m.locked {
		panic("sync: unlock of unlocked mutex")
	}
	m.locked = false
}

// RWMutex is sync.RWMutex.
type RWMutex struct {
	mu      sync.RWMutex
	locked  bool
	readers int
}

func (m *RWMutex) Lock() {
	simulate.Point("lock")
	if !simulate.Simulating() {
		m.mu.Lock()
		return
	}
	for m.locked || m.readers > 0 {
		simulate.Wait("lock", func() bool { return !m.locked && m.readers == 0 })
	}
	m.locked = true
}

func (m *RWMutex) Unlock() {
	if !simulate.Simulating() {
		m.mu.Unlock()
		return
	}
	m.locked = false
}

func (m *RWMutex) RLock() {
	simulate.Point("read lock")
	if !simulate.Simulating() {
		m.mu.RLock()
		return
	}
	for m.locked {
		simulate.Wait("read lock", func() bool { return !m.locked })
	}
	m.readers++
}

func (m *RWMutex) RUnlock() {
	if !simulate.Simulating() {
		m.mu.RUnlock()
		return
	}
	m.readers--
}

// WaitGroup is sync.WaitGroup.
type WaitGroup struct {
	group sync.WaitGroup
	n     int
}

func (g *WaitGroup) Add(n int) {
	if !simulate.Simulating() {
		g.group.Add(n)
		return
	}
	if g.n += n; g.n < 0 {
		panic("sync: negative WaitGroup counter")
	}
}

func (g *WaitGroup) Done() { g.Add(-1) }

func (g *WaitGroup) Go(f func()) {
	g.Add(1)
	simulate.Go("go", func() {
		defer g.Done()
		f()
	})
}

func (g *WaitGroup) Wait() {
	simulate.Point("wait")
	if !simulate.Simulating() {
		g.group.Wait()
		return
	}
	for g.n > 0 {
		simulate.Wait("wait group", func() bool { return g.n == 0 })
	}
}

// Once is sync.Once.
type Once struct {
	mu   Mutex
	done bool
}

func (o *Once) Do(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.done {
		defer func() { o.done = true }()
		f()
	}
}

// OnceFunc is sync.OnceFunc.
func OnceFunc(f func()) func() {
	var once Once
	return func() { once.Do(f) }
}
