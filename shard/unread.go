package shard

import (
	"errors"
	"log/slog"
	"sync"
	"time"
)

// unread counts the queues of all shards whose first message cannot be read while somebody waits for it, and tells the
// operator: once when there are some, and no more until there are more, or none.
type unread struct {
	log   *slog.Logger
	after func(time.Duration, func()) // time.AfterFunc

	mu      sync.Mutex
	queues  int
	told    int   // as the log has them
	cause   error // of the last one
	damaged bool  // some of them are, not only failed
	soon    bool  // a report is arranged
	quiet   bool  // more of them are not told of now
}

const (
	// unreadGather is how long they gather before they are told of together.
	unreadGather = resumeDelay
	// unreadQuiet is how long after one line there is no other, but that there are none any more.
	unreadQuiet = 10 * time.Minute
)

func newUnread(log *slog.Logger) *unread {
	return &unread{log: log, after: func(d time.Duration, f func()) { time.AfterFunc(d, f) }}
}

// add counts one that cannot be read, and why.
func (u *unread) add(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.queues++
	u.cause = err
	u.damaged = u.damaged || errors.Is(err, ErrDamaged)
	u.reportSoon()
}

// remove counts one that can be read again, or that nobody waits for.
func (u *unread) remove() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.queues--; u.queues == 0 {
		u.reportSoon()
	}
}

// count is how many there are.
func (u *unread) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.queues
}

func (u *unread) reportSoon() {
	if !u.soon {
		u.soon = true
		u.after(unreadGather, u.report)
	}
}

// report tells what has changed.
func (u *unread) report() {
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
		u.after(unreadQuiet, u.endQuiet)
	}
}

func (u *unread) endQuiet() {
	u.mu.Lock()
	u.quiet = false
	u.mu.Unlock()
	u.report()
}
