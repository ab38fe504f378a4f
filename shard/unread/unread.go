// Package unread counts the queues whose first message cannot be read while somebody waits for it, and tells the operator:
// once when there are some, and no more until there are more, or none. All shards of a router share one Count, which has a
// lock. unread imports nothing of ours.
package unread

import (
	"log/slog"
	"sync"
	"time"
)

// Count is the count of a router.
type Count struct {
	log   *slog.Logger
	after func(time.Duration, func())

	mu      sync.Mutex
	queues  int
	told    int   // as the log has them
	cause   error // of the last one
	damaged bool  // some of them are, not only failed
	soon    bool  // a report is arranged
	quiet   bool  // more of them are not told of now
}

const (
	// gather is how long they gather before they are told of together.
	gather = time.Second
	// quietFor is how long after one line there is no other, but that there are none any more.
	quietFor = 10 * time.Minute
)

// New makes a count that writes to log. after is what time.AfterFunc is.
func New(log *slog.Logger, after func(time.Duration, func())) *Count {
	return &Count{log: log, after: after}
}

// AfterFunc is time.AfterFunc for New.
func AfterFunc(d time.Duration, f func()) { time.AfterFunc(d, f) }

// Add counts one that cannot be read, and why; damaged when reading it again is of no use.
func (u *Count) Add(err error, damaged bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.queues++
	u.cause = err
	u.damaged = u.damaged || damaged
	u.reportSoon()
}

// Remove counts one that can be read again, or that nobody waits for.
func (u *Count) Remove() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.queues--; u.queues == 0 {
		u.reportSoon()
	}
}

// Len is how many there are.
func (u *Count) Len() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.queues
}

func (u *Count) reportSoon() {
	if !u.soon {
		u.soon = true
		u.after(gather, u.report)
	}
}

// report tells what has changed.
func (u *Count) report() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.soon = false
	switch {
	case u.queues == 0:
		if u.told > 0 {
			u.log.Info("no message is waited for any more that cannot be read")
		}
		u.told, u.damaged = 0, false
	case u.queues > u.told && !u.quiet:
		text := "messages cannot be read; their queues wait, and are tried again"
		if u.damaged {
			text = "messages are damaged; their queues wait until a backup is restored, or the messages are deleted or too old"
		}
		u.log.Error(text, "queues", u.queues, "cause", u.cause)
		u.told, u.quiet = u.queues, true
		u.after(quietFor, u.endQuiet)
	}
}

func (u *Count) endQuiet() {
	u.mu.Lock()
	u.quiet = false
	u.mu.Unlock()
	u.report()
}
