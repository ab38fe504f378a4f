package disk

import (
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// space watches how much of the disk is free, so that the database stops growing before the disk is full: what still has
// to be written then, such as the log of deletions and the tables in memory, needs the reserve.
type space struct {
	fs      vfs.FS
	dir     string
	reserve uint64 // bytes; 0: by the sizes of the tables in memory and of the disk
	table   uint64 // bytes of a table in memory, on a large disk
	growth  string // what is refused
	log     *slog.Logger
	ballast ballast

	level   atomic.Uint32
	left    atomic.Uint64 // bytes that were free at the last look
	kept    atomic.Uint64 // bytes of the reserve, by the last look
	written atomic.Int64  // bytes since the last look
	every   atomic.Int64  // bytes until the next one
}

// Levels of what is left: of the reserve all, or not all, less than a half, than three eighths, than a quarter.
const (
	ample uint32 = iota
	short        // what makes the database larger is refused (Full)
	tight        // tables are compacted one at a time, as that takes space before it gives some
	dire         // no table is compacted: what is left is for what is committed
	out          // nothing is committed
)

// lookAfter is how many bytes are written before the space is looked at again, whatever the time; of a small reserve it is
// lookShare.
const (
	lookAfter = 8 << 20
	lookShare = 8
)

// reserveTables is the reserve by default, in tables in memory: two with their logs. It is smallShare of a small disk.
const (
	reserveTables = 4
	smallShare    = 8
)

func newSpace(dir string, o *Options) *space {
	p := &space{fs: o.FS, dir: dir, reserve: uint64(o.Reserve), table: uint64(o.MemTable), growth: o.Growth, log: o.Log}
	p.ballast = ballast{fs: o.FS, name: o.FS.PathJoin(dir, ballastName)}
	p.every.Store(lookAfter)
	return p
}

// at tells that the level is reached.
func (p *space) at(level uint32) bool { return p.level.Load() >= level }

// wrote counts what goes to the disk.
func (p *space) wrote(n int) {
	if p.written.Add(int64(n)) >= p.every.Load() {
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
	reserve, free := p.reserveOf(&usage), p.free(&usage)
	p.left.Store(free)
	p.kept.Store(reserve)
	p.every.Store(int64(max(1, min(lookAfter, reserve/lookShare))))
	level := ample
	switch old := p.level.Load(); {
	case free < reserve/4:
		level = out
	case free < reserve/8*3:
		level = dire
	case free < reserve/2:
		level = tight
	case free < reserve, old != ample && free < enough(reserve): // not back and forth
		level = short
	}
	switch old := p.level.Swap(level); {
	case old == ample && level != ample:
		p.log.Error("store: " + p.fault().Error())
	case old != ample && level == ample:
		p.log.Info("store: there is space on the disk again, the store takes " + p.growth)
	}
}

// balance takes the ballast when there is space for it, and drops it when space is short. The keeper calls it.
func (p *space) balance() {
	usage, err := p.fs.GetDiskUsage(p.dir)
	if err != nil {
		return
	}
	reserve := p.reserveOf(&usage)
	switch {
	case p.at(short):
		p.ballast.drop()
	case usage.AvailBytes >= enough(reserve)+reserve/2:
		p.ballast.take(reserve / 2)
	}
}

// free is what the database may still write.
func (p *space) free(usage *vfs.DiskUsage) uint64 { return usage.AvailBytes + p.ballast.held.Load() }

// enough is how much has to be free that space which was short is ample again.
func enough(reserve uint64) uint64 { return reserve + reserve/8 }

func (p *space) reserveOf(usage *vfs.DiskUsage) uint64 {
	if p.reserve > 0 {
		return p.reserve
	}
	return min(reserveTables*p.table, usage.TotalBytes/smallShare)
}

// fault says what is wrong.
func (p *space) fault() *Error {
	e := &Error{
		Fault: "the disk is nearly full, the store takes no " + p.growth,
		Place: p.dir,
		Mend:  "free some space",
	}
	if usage, err := p.fs.GetDiskUsage(p.dir); err == nil {
		e.Fault += fmt.Sprintf(", %d MiB are free and %d MiB are kept in reserve", p.free(&usage)>>20, p.reserveOf(&usage)>>20)
	}
	return e
}
