package loadtest

import (
	"sync"
	"time"
)

// answer is when the router said that something was done.
type answer struct {
	epoch uint32        // of the router process that said so
	at    time.Duration // since the load began
}

// lapses knows what a router may have forgotten: what one of its processes had answered within the window before it was
// killed. Without a window it may forget nothing. The answer counts from when the client had it, which is after the
// router made it: what is excused is never more than the window.
type lapses struct {
	window time.Duration

	mu     sync.Mutex
	kills  []time.Duration // when the process of each epoch was killed
	oldest time.Duration   // how long before its kill the earliest that was forgotten had been answered
}

// killed is told when the router is about to be killed, before the epoch grows.
func (l *lapses) killed(at time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kills = append(l.kills, at)
}

// may reports whether the router may have forgotten what it answered. A nil l excuses nothing.
func (l *lapses) may(a answer) bool {
	if l == nil || l.window == 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.within(a)
}

func (l *lapses) within(a answer) bool {
	return int(a.epoch) < len(l.kills) && l.kills[a.epoch]-a.at <= l.window
}

// excuse is may for what the router has indeed forgotten.
func (l *lapses) excuse(a answer) bool {
	if l == nil || l.window == 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.within(a) {
		return false
	}
	l.oldest = max(l.oldest, l.kills[a.epoch]-a.at)
	return true
}

// age is how long before its kill the earliest that was excused had been answered.
func (l *lapses) age() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.oldest
}
