package disk

import (
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Options of a database. FS, Log, MemTable, Cache and Growth must be given.
type Options struct {
	FS  vfs.FS
	Log *slog.Logger // Pebble's events at level debug, faults at level error

	// MemTable is the size in bytes of the table in memory in which new writes gather. Up to two exist at a time, and up to
	// twice this size is read from the log when the process starts after a kill. On small disks it is less (size.go).
	MemTable int64
	// Cache is how many bytes of tables are held in memory; what the tables in memory leave of their share is cache, too.
	Cache int64
	// Reserve is how many bytes of the disk are left free. When 0, it is four times MemTable, or an eighth of the disk if
	// that is less.
	Reserve int64

	// Growth is what the owner refuses when the disk is nearly full, as the log names it: "new packets".
	Growth string
	// Configure sets what the owner wants of Pebble beside that: comparer, merger, levels, open files.
	Configure func(*pebble.Options)
	// Identify checks that the content is the owner's before anybody else sees it, and marks a new database. It is called
	// again after a failure, when the directory was opened once more: then it must be the same database. Its errors are
	// *Error.
	Identify func(*Instance) error

	// Still asks for no compactions: it is opened to look at it.
	Still bool

	// Looks are the keeper's, instead of a ticker.
	Looks <-chan time.Time

	disk int64 // bytes of the disk, 0 when it does not tell
}
