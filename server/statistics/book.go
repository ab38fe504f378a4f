package statistics

import (
	"sync"
	"time"
)

// Book keeps the numbers of a server over days and restarts.
type Book struct {
	// Immutable.
	table *Table
	live  func(*Reading)

	mu      sync.Mutex
	from    time.Time // of the counters
	offsets []int64   // of the named numbers: what they are more than the live ones
	sets    []Periods
	reading Reading // the last one

	date  string  // today
	begun []int64 // of Table.Today: what the live ones were when it began, less what was counted before a restart
}

// NewBook begins a book; live reads what the server has counted since its start. It is called by one goroutine at a time.
func NewBook(t *Table, now time.Time, live func(*Reading)) *Book {
	b := &Book{
		table: t, live: live, from: now.UTC(),
		offsets: make([]int64, len(t.Names)),
		sets:    make([]Periods, len(t.Sets)),
		begun:   make([]int64, len(t.Today)),
		date:    dateOf(now),
	}
	b.reading = Reading{Values: make([]int64, t.Numbers), Sets: make([]Distinct, len(t.Sets))}
	for i := range b.sets {
		b.sets[i].roll(now)
	}
	return b
}

func dateOf(now time.Time) string { return now.UTC().Format(time.DateOnly) }

// read brings the book up to date. What is new of the sets came before now, so a period that is over has it. mu is held.
func (b *Book) read(now time.Time) Snapshot {
	r := &b.reading
	clear(r.Values)
	for i := range r.Sets {
		r.Sets[i].Reset()
	}
	b.live(r)
	if today := dateOf(now); today != b.date {
		b.date = today
		for i, id := range b.table.Today {
			b.begun[i] = r.Values[id]
		}
	}
	s := Snapshot{At: now.UTC(), From: b.from, Values: append([]int64(nil), r.Values...), Extra: r.Extra}
	for i, offset := range b.offsets {
		s.Values[i] += offset
	}
	for i := range b.sets {
		p := &b.sets[i]
		p.merge(&r.Sets[i])
		p.roll(now)
		for j, one := range p.all() {
			s.Values[b.table.SetGauges[i][j]] = one.Set.Count()
		}
	}
	return s
}

// Read is the numbers now.
func (b *Book) Read(now time.Time) Snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.read(now)
}

// Add adds to a set of IDs, for servers that have no sets of their own.
func (b *Book) Add(set int, hash uint64, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sets[set].roll(now)
	b.sets[set].add(hash)
}

// Today is how often something was counted since 00:00 UTC; id is one of Table.Today.
func (b *Book) Today(id ID, now time.Time) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.read(now)
	for i, one := range b.table.Today {
		if one == id {
			return b.reading.Values[id] - b.begun[i]
		}
	}
	panic("statistics: a number that is not counted by the day")
}

// SetBase says what the live number of a name is added to: what a level was when the server began to count.
func (b *Book) SetBase(id ID, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.offsets[id] = n
}
