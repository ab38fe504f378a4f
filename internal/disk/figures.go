package disk

import (
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"switchyard/server/crash"
)

// Figures are what an operator looks at of a database. Reading them touches neither its content nor the disk: what is free is
// that of the keeper's last look, a second ago at most.
type Figures struct {
	Stats
	Free, Reserve uint64 // bytes that may still be written, and of these the ones that are for deletions
	Epoch         uint64 // how often it was opened again after a failure of the disk
	Frozen        bool   // after a failure, until it is

	Levels       []Level // of tables on the disk, the youngest first
	Log, Memory  uint64  // bytes of the write-ahead log, and of the tables in memory
	Debt         uint64  // bytes that compactions are behind
	Compactions  int64   // since the database was opened, or opened again
	Cached       int64   // bytes of tables in memory
	Hits, Misses int64   // of those, since the database was opened, or opened again
}

// Level is one of the levels of tables.
type Level struct {
	Tables int64
	Bytes  int64
}

// Figures reads them.
func (d *DB) Figures() Figures {
	f := Figures{
		Stats: d.Stats(), Free: d.space.left.Load(), Reserve: d.space.kept.Load(),
		Epoch: d.Epoch(), Frozen: d.Err() != nil,
	}
	f.take(d.reading.of(d))
	return f
}

// reading is what Pebble says of itself, for which it waits while a manifest is written: on a disk that hangs, for ever. So
// it is asked by a goroutine of its own, one at a time, and who wants to know takes the answer before when there is none soon.
type reading struct {
	mu    sync.Mutex
	asked chan struct{} // closed when the answer has come; nil when nobody asks
	last  *pebble.Metrics
}

// readingTime is how long an answer is waited for.
const readingTime = 200 * time.Millisecond

func (r *reading) of(d *DB) *pebble.Metrics {
	r.mu.Lock()
	if r.asked == nil {
		r.asked = make(chan struct{})
		in := d.Enter()
		go r.ask(in)
	}
	asked := r.asked
	r.mu.Unlock()
	t := time.NewTimer(readingTime)
	defer t.Stop()
	select {
	case <-asked:
	case <-t.C:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		return new(pebble.Metrics)
	}
	return r.last
}

func (r *reading) ask(in *Instance) {
	defer crash.Report()
	m := in.DB.Metrics()
	in.Leave()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = m
	close(r.asked)
	r.asked = nil
}

func (f *Figures) take(m *pebble.Metrics) {
	for i := range m.Levels {
		f.Levels = append(f.Levels, Level{Tables: m.Levels[i].TablesCount, Bytes: m.Levels[i].TablesSize})
	}
	f.Log, f.Memory, f.Debt = m.WAL.Size, m.MemTable.Size, m.Compact.EstimatedDebt
	f.Compactions = m.Compact.Count
	f.Cached, f.Hits, f.Misses = m.BlockCache.Size, m.BlockCache.Hits, m.BlockCache.Misses
}

// Probe makes a round through the log as a commit does: it waits where commits wait, and returns when what it has written,
// which is nothing that could be read, is on the disk. An error is an answer, too: the disk is full or has failed.
func (d *DB) Probe() error {
	in := d.Enter()
	defer in.Leave()
	if err := in.Admit(); err != nil {
		return err
	}
	if err := in.DB.LogData(nil, pebble.Sync); err != nil {
		return err
	}
	return in.Err()
}

// Writable tells why the database does not take all that it is given: it has failed, or its disk is nearly full. It looks at
// nothing but what is known of them.
func (d *DB) Writable() error {
	if err := d.Err(); err != nil {
		return err
	}
	if d.Full() {
		return d.FullFault()
	}
	return nil
}
