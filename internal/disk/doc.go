// Package disk keeps a Pebble database on a disk that may fail, fill up, and work again. It knows nothing of what is in
// the database: wal keeps queues and messages with it, xftp/packets the records of packets. It imports server/crash and
// Pebble.
//
// # When the disk fails
//
// The first write or sync that fails freezes the database: it is logged, Err tells it, commits are refused, and those under
// way return it. Reads go on. The disk stays as it is from that moment; the guard (guard.go) sees to that, and keeps Pebble
// from panicking, hanging or ending the process. Commits that wait because compactions are behind (pressure.go) return.
//
// The keeper (keeper.go) then tries whether the disk works again. If so it opens the directory once more, beside the
// frozen instance, and puts the new one in its place (instance.go). The new one has every commit whose wait ended well. The
// frozen one showed more than that, as commits are visible before they are durable. So each Instance has an Epoch, and an
// owner that keeps something of it in memory reads it again when the Epoch counts on.
//
// # When the disk fills up
//
// A full disk should not come to a failure. With less free space than the reserve (space.go) Full says so; the owner then
// refuses what makes the database larger, while reads and deletions go on. Half of the reserve is a file that holds its
// place (ballast.go), so that the deletions have room when another program has taken all the rest. The keeper then writes
// the deletions to tables, and compactions give back the space.
//
// The size of the disk bounds the space that Pebble takes in advance, logs above all. A disk that is too small is refused
// (size.go).
//
// # When the disk changes what is on it
//
// Checksums find bits that a disk changes: those of tables when they are read, those of logs and manifests when the database
// is opened. tail.go tells where logs and manifests end.
//
// # Who owns what
//
// A DB is safe for all goroutines between Open and Close, which needs that nobody uses it any more. Enter gives an
// Instance, which stays open until Leave, whatever becomes of the disk. Goroutines: Pebble's for the log, for writing
// tables and for compactions, and the keeper. No lock of ours is held on the way of a commit, but for a note of how far
// the log is synced.
package disk
