package statistics

import (
	"encoding/json"
	"errors"
	"time"
)

// state is what a server keeps of a book in its store, as JSON: numbers by their names, so that a later version with more of
// them, or in another order, reads it. Sets are in their binary form.
type state struct {
	From   time.Time
	Counts map[string]int64
	Sets   map[string]*Periods
	Date   string           // of Today
	Today  map[string]int64 // counted that day
	Extra  json.RawMessage  `json:",omitempty"` // of the server
}

// State is the book as it is kept; extra is the server's own, as JSON, or nil.
func (b *Book) State(now time.Time, extra []byte) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.read(now)
	kept := state{
		From: b.from, Counts: make(map[string]int64, len(b.offsets)), Sets: make(map[string]*Periods, len(b.sets)),
		Date: b.date, Today: make(map[string]int64, len(b.begun)), Extra: extra,
	}
	for i, name := range b.table.Names {
		kept.Counts[name] = s.Values[i]
	}
	for i, name := range b.table.Sets {
		kept.Sets[name] = &b.sets[i]
	}
	for i, id := range b.table.Today {
		kept.Today[b.table.Names[id]] = b.reading.Values[id] - b.begun[i]
	}
	out, err := json.Marshal(kept)
	if err != nil {
		panic("statistics: " + err.Error())
	}
	return out
}

// errState says that what was kept cannot be read.
var errState = errors.New("the statistics that were kept are damaged")

// SetState has the book go on with what was kept, to which the live numbers are added, and returns the server's own of it.
// Numbers that it does not have begin at 0. After an error nothing is changed.
func (b *Book) SetState(text []byte) (extra []byte, err error) {
	var kept state
	if json.Unmarshal(text, &kept) != nil {
		return nil, errState
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.from = kept.From.UTC()
	for i, name := range b.table.Names {
		b.offsets[i] = kept.Counts[name]
	}
	for i, name := range b.table.Sets {
		if p := kept.Sets[name]; p != nil {
			b.sets[i] = *p
		}
	}
	if b.date = kept.Date; b.date == "" {
		b.date = dateOf(kept.From)
	}
	for i, id := range b.table.Today {
		b.begun[i] = -kept.Today[b.table.Names[id]]
	}
	return kept.Extra, nil
}
