// Package wal is the write-ahead log and the store of queues and messages: shard.Store on Pebble v2, in one directory.
// It imports shard's types, smp's primitives, internal/crash and Pebble.
//
// # Rows
//
// A key is one byte that names its space, then an ID. Positions are 8 bytes, big-endian.
//
//	'q' recipient ID             → record of the queue (record.go), some 200 bytes
//	's' sender ID                → recipient ID
//	'n' notifier ID              → recipient ID
//	'l' link ID                  → recipient ID
//	'd' recipient ID             → data of its short link (linkdata.go)
//	'p' recipient ID             → notifications that wait for its notifier (notification.go)
//	'f', 'c', 'a'                → client services, their counts and queues (service.go)
//	'h' recipient ID, position   → message header (header.go), 35 bytes
//	'm' recipient ID, position   → sealed body, 16,122 bytes; quota markers have none
//	 0  'f', 0 'p'               → format version; partition key
//
// Headers stand apart from bodies, so that finding a queue's first and last message, which is two seeks and tells how
// many there are as positions are contiguous, and looking for expired messages never read a body. IDs that no longer
// belong to the queue they lead to find nothing.
//
// # Writes
//
// A shard's transaction is one Pebble batch. Commit copies it into the log's buffer and into the table in memory; it
// is visible then. With SyncAlways, Commit.Wait returns when the log is synced: one goroutine of Pebble writes and syncs
// the log, each time for all transactions that came meanwhile, so groups form by themselves under load, and a lone
// commit waits for its own sync only. Stats shows their sizes. With SyncInterval nothing is waited for as long as the
// disk keeps up, with SyncNever nothing at all; see there what a crash may cost. In each mode a crash leaves a prefix of what was committed: never a later
// transaction without an earlier one.
//
// Messages are deleted with SingleDelete, which vanishes together with the Set that it meets, in the table in memory at
// the latest when that is written to disk. Its condition is that a key is Set at most once between two deletions, which
// holds as a position is used again, if at all, after its message was deleted. So of messages that live for
// milliseconds nothing ever reaches a table, and the log is the only disk they see. A queue's messages are deleted one
// by one as well; transaction.deleteMessages tells why.
//
// Batches, buffers of the log and tables in memory come from pools: a message is stored, read and deleted without an
// allocation.
//
// # Start and end
//
// Open reads the manifest and what is left of the log: nothing after Close, at most two tables in memory after a kill
// (84 ms for 188 MB of logs). It compacts nothing: the scheduler (compaction.go) holds compactions back until it is
// done, as Pebble would wait for one otherwise. 6,000,000 queues open in 15 ms. Records are read when they are asked
// for.
//
// Backup (backup.go) makes a copy while the store is used.
//
// Another process that holds the directory, content that is not ours, a newer version, damage, and a directory that
// cannot be written each give an *Error, which is one line with the fault, the place and what to do.
//
// # When the disk fails
//
// The first write or sync that fails freezes the store: it is logged, Err tells it, commits are refused, and those under
// way return it from Wait. Reads go on. The disk stays as it is from that moment; the guard (guard.go) sees to that, and
// keeps Pebble from panicking, hanging or ending the process. Commits that wait because compactions are behind
// (pressure.go) return.
//
// The keeper (keep.go) then tries whether the disk works again. If so it opens the directory once more, beside the
// frozen instance, and puts the new one in its place (instance.go): all that was waited for is there. What was frozen
// showed more than that, as commits are visible before they are durable; so the Epoch counts on, commits of those who
// do not know it fail, and shards read again what they have in memory.
//
// A disk that fills up should not come to that: less free space than the reserve (space.go) has Full say so, on which
// shards refuse what makes the store larger, while messages are still received and deleted. The keeper writes the
// deletions to tables then, so that compactions give back the space.
//
// Bits that a disk changes are found by the checksums of tables when they are read, and when the store is opened by those
// of logs and manifests. Where their end is, tail.go tells.
//
// # Choices
//
//   - No compression. Everything here is ciphertext, keys and random IDs; the constant start of each stored key is left
//     out instead (record.go).
//   - No value separation. Pebble can keep large values in files of their own, which compactions do not rewrite. With
//     240,000 messages, half of them deleted again, that wrote 9.0 GB against 9.1 GB, as it rewrites those files
//     instead; and it lets deleted bodies stay on disk until a share of a file is deleted.
//   - Bloom filters hold the prefix without the position, so that a table without messages of a queue is not read. The
//     last level has none: it holds most of the keys, and most lookups find theirs.
//   - The table in memory holds 64 MiB: 4,000 messages, which is how many may pass while one lives before it costs a
//     write to a table. A larger one costs memory and time to start after a kill.
//
// # Who owns what
//
// Store is safe for all goroutines between Open and Close, which needs that nobody uses it any more. A transaction
// belongs to its shard until Commit, then to whoever waits; Wait gives it back to a pool. Goroutines: Pebble's for the
// log, for writing tables and for compactions, the keeper, and the ticker of SyncInterval. No lock of ours is held on the
// way of a message, but for a note of how far the log is synced.
package wal

import "switchyard/shard"

var _ shard.Store = (*Store)(nil)
