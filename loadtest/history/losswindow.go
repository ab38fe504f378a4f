package history

import (
	"encoding/binary"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Answer is when the router said that something was done.
type Answer struct {
	Epoch uint32        // of the router process that said so
	At    time.Duration // clock
}

// LossWindow knows what a router may have forgotten: of what one of its processes had answered before it was killed, the last
// that lies within a window of time. Without a window it may forget nothing.
//
// When that window ended only the judge knows, who sees all queues. The process may have been killed long after it, as a
// router whose disk hangs gives no answers. The last answer was made after its message was sent, and an answer was made
// before the client had it: between these two times there is never more than between the answers, however busy the clients
// were.
type LossWindow struct {
	Length    time.Duration
	Ledger    *os.File                 // nil: there are no processes to tell
	LastTaken map[uint32]time.Duration // of the judge, by epoch: when the last message that was taken had been sent

	mu     sync.Mutex
	read   int64           // of the ledger
	kills  []time.Duration // when the process of each epoch was killed
	epoch  uint32          // of the router process that lives, or is to start
	oldest time.Duration   // how long before its kill the earliest that was forgotten had been answered
}

// A ledger tells client processes of kills: for each one word when it is about to happen, the time, and another when the
// process is gone, 0.
const ledgerWord = 8

// note takes a word of the ledger.
func (l *LossWindow) note(at time.Duration) {
	if at == 0 {
		l.epoch++
		return
	}
	l.kills = append(l.kills, at)
}

// Write adds a word to the ledger.
func (l *LossWindow) Write(at time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.note(at)
	l.read += ledgerWord
	_, err := l.Ledger.Write(binary.LittleEndian.AppendUint64(nil, uint64(at)))
	return err
}

// follow reads what was added to the ledger of another process.
func (l *LossWindow) follow() {
	var word [ledgerWord]byte
	for l.Ledger != nil {
		if _, err := l.Ledger.ReadAt(word[:], l.read); err != nil {
			return // its end
		}
		l.read += ledgerWord
		l.note(time.Duration(binary.LittleEndian.Uint64(word[:])))
	}
}

// Epoch is the epoch of the router process that lives.
func (l *LossWindow) Epoch() uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.follow()
	return l.epoch
}

// MayForget reports whether the router may have forgotten what it answered. A nil l excuses nothing.
func (l *LossWindow) MayForget(a Answer) bool {
	if l == nil || l.Length == 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.within(a)
}

// hang is how long the disk of a router may hang before it is killed, for clients to understand what they meet then.
const hang = 10 * time.Second

func (l *LossWindow) within(a Answer) bool {
	l.follow()
	switch {
	case int(a.Epoch) >= len(l.kills):
		return false
	case l.LastTaken != nil:
		return l.LastTaken[a.Epoch]-a.At <= l.Length
	default:
		return l.kills[a.Epoch]-a.At-hang <= l.Length
	}
}

// Taken tells a judge of a message that was taken.
func (l *LossWindow) Taken(epoch uint32, sent time.Duration) {
	l.LastTaken[epoch] = max(l.LastTaken[epoch], sent)
}

// Excuse is MayForget for what the router has indeed forgotten.
func (l *LossWindow) Excuse(a Answer) bool {
	if l == nil || l.Length == 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.within(a) {
		return false
	}
	l.oldest = max(l.oldest, l.kills[a.Epoch]-a.At)
	return true
}

// Oldest is how long before its kill the earliest that was excused had been answered.
func (l *LossWindow) Oldest() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.oldest
}

// Clock is a time that all processes of the machine share.
func Clock() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic("loadtest: no clock: " + err.Error()) // Linux has it
	}
	return time.Duration(t.Nano())
}
