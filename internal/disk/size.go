package disk

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A table in memory costs the disk more than its size: each has a log, which takes its place in advance and a tenth more
// than the table, and Pebble keeps logs to use them again. With two tables that makes five logs. So on a disk of less than
// tableShare times the table, the table is smaller; the logs then take up to an eleventh of the disk, in place of all.
const (
	tableShare = 64
	minTable   = minDisk / tableShare
	// minDisk is the least disk. An eighth of it, the reserve, holds what shards commit at once, 4 MiB each, in the log and in a
	// table.
	minDisk = 64 << 20
)

// A compaction needs the space of what it rewrites. So that this is little of a small disk, the level below the youngest one
// gets at most a share of it, or there would be none between that and the last, and tables are small.
const (
	levelShare = 16
	fileShare  = 1024
)

// shrink fits to the disk what Pebble does on it.
func (o *Options) shrink(p *pebble.Options) {
	if o.disk == 0 {
		return
	}
	p.EnsureDefaults()
	p.LBaseMaxBytes = min(p.LBaseMaxBytes, o.disk/levelShare)
	most := o.disk / fileShare
	for i := range p.TargetFileSizes {
		p.TargetFileSizes[i] = min(p.TargetFileSizes[i], most<<i)
	}
	p.FlushSplitBytes = min(p.FlushSplitBytes, 2*most)
}

// size fits the options to the disk.
func (o *Options) size(dir string) *Error {
	usage, err := o.FS.GetDiskUsage(dir)
	if err != nil {
		return nil // a file system that does not tell, such as one in memory
	}
	if usage.TotalBytes < minDisk && !o.Still {
		return smallFault(&usage, dir)
	}
	o.disk = int64(usage.TotalBytes)
	if table := max(o.disk/tableShare, minTable); table < o.MemTable {
		o.Log.Info("store: the disk is small, and so are the tables in memory", "disk MiB", o.disk>>20, "table MiB", table>>20)
		o.MemTable = table
	}
	return nil
}

func smallFault(usage *vfs.DiskUsage, dir string) *Error {
	return &Error{
		Fault: fmt.Sprintf("the disk is too small: it has %d MiB, and a store needs %d MiB at least", usage.TotalBytes>>20, minDisk>>20),
		Place: dir,
		Mend:  "name a directory on a larger one",
	}
}
