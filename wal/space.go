package wal

import (
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// space watches how much of the disk is free, so that the store stops growing before the disk is full: what it still has
// to write then, such as the log of deletions and the tables in memory, needs the reserve.
type space struct {
	fs      vfs.FS
	dir     string
	reserve uint64 // bytes; 0: by the sizes of the tables in memory and of the disk
	table   uint64 // bytes of a table in memory
	log     *slog.Logger

	level   atomic.Uint32
	written atomic.Int64 // bytes since the last look
}

// Levels of what is left: of the reserve all, or not all, less than a half, less than a quarter.
const (
	ample uint32 = iota
	short        // what makes the store larger is refused (Store.Full)
	tight        // tables are compacted one at a time, as that takes space before it gives some
	out          // nothing is committed
)

// lookAfter is how many bytes are written before the space is looked at again, whatever the time.
const lookAfter = 8 << 20

// reserveTables is the reserve by default, in tables in memory: two with their logs. It is smallShare of a small disk.
const (
	reserveTables = 4
	smallShare    = 8
)

// at tells that the level is reached.
func (p *space) at(level uint32) bool { return p.level.Load() >= level }

// wrote counts what goes to the disk.
func (p *space) wrote(n int) {
	if p.written.Add(int64(n)) >= lookAfter {
		p.look()
	}
}

// look sets the level. A file system that does not tell has ample space.
func (p *space) look() {
	p.written.Store(0)
	usage, err := p.fs.GetDiskUsage(p.dir)
	if err != nil {
		return
	}
	reserve, free := p.reserveOf(&usage), usage.AvailBytes
	level := ample
	switch old := p.level.Load(); {
	case free < reserve/4:
		level = out
	case free < reserve/2:
		level = tight
	case free < reserve, old != ample && free < reserve+reserve/8: // not back and forth
		level = short
	}
	switch old := p.level.Swap(level); {
	case old == ample && level != ample:
		p.log.Error("store: " + p.fault().Error())
	case old != ample && level == ample:
		p.log.Info("store: there is space on the disk again, the store takes new queues and messages")
	}
}

func (p *space) reserveOf(usage *vfs.DiskUsage) uint64 {
	if p.reserve > 0 {
		return p.reserve
	}
	return min(reserveTables*p.table, usage.TotalBytes/smallShare)
}

// fault says what is wrong.
func (p *space) fault() *Error {
	e := &Error{
		Fault: "the disk is nearly full, the store takes no new queues and messages",
		Place: p.dir,
		Mend:  "free some space",
	}
	if usage, err := p.fs.GetDiskUsage(p.dir); err == nil {
		e.Fault += fmt.Sprintf(", %d MiB are free and %d MiB are kept in reserve", usage.AvailBytes>>20, p.reserveOf(&usage)>>20)
	}
	return e
}
