package loadtest

import (
	"encoding/binary"
	"os"
	"sync"
	"time"
)

// answer is when the router said that something was done.
type answer struct {
	epoch uint32        // of the router process that said so
	at    time.Duration // clock
}

// lapses knows what a router may have forgotten: what one of its processes had answered within the window before it was
// killed. Without a window it may forget nothing. The answer counts from when the client had it, which is after the
// router made it: what is excused is never more than the window.
type lapses struct {
	window time.Duration

	mu     sync.Mutex
	ledger *os.File        // nil: there are no processes to tell
	read   int64           // of the ledger
	kills  []time.Duration // when the process of each epoch was killed
	epoch  uint32          // of the router process that lives, or is to start
	oldest time.Duration   // how long before its kill the earliest that was forgotten had been answered
}

// A ledger tells client processes of kills: for each one word when it is about to happen, the time, and another when the
// process is gone, 0.
const ledgerWord = 8

// note takes a word of the ledger.
func (l *lapses) note(at time.Duration) {
	if at == 0 {
		l.epoch++
		return
	}
	l.kills = append(l.kills, at)
}

// write adds a word to the ledger.
func (l *lapses) write(at time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.note(at)
	l.read += ledgerWord
	_, err := l.ledger.Write(binary.LittleEndian.AppendUint64(nil, uint64(at)))
	return err
}

// look reads what was added to the ledger of another process.
func (l *lapses) look() {
	var word [ledgerWord]byte
	for l.ledger != nil {
		if _, err := l.ledger.ReadAt(word[:], l.read); err != nil {
			return // its end
		}
		l.read += ledgerWord
		l.note(time.Duration(binary.LittleEndian.Uint64(word[:])))
	}
}

// current is the epoch of the router process that lives.
func (l *lapses) current() uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look()
	return l.epoch
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
	l.look()
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
