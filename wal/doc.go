// Package wal is the write-ahead log and the store of queues and messages: shard.Store on Pebble v2, in one directory.
// It imports shard's types, smp's primitives, internal/disk, server/crash and Pebble.
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
//	 0  'f', 0 'p', 0 's'        → format version; partition key; statistics (statistics.go)
//
// Headers stand apart from bodies, so that neither a lookup of a queue nor a search for expired messages reads a body. A
// lookup finds the queue's first and last message by two seeks; their positions tell how many there are, as positions are
// contiguous. An ID that leads to a queue to which it no longer belongs finds nothing.
//
// # Writes
//
// A shard's transaction is one Pebble batch. Commit copies it into the log's buffer and into the table in memory; it
// is visible then. With SyncAlways, Commit.Wait returns when the log is synced: one goroutine of Pebble writes and syncs
// the log, each time for all transactions that came meanwhile, so groups form by themselves under load, and a lone
// commit waits for its own sync only. Stats shows their sizes. With SyncInterval Commit.Wait waits for nothing as long as
// the disk keeps up, with SyncNever never; their comments say what a crash may cost. In each mode a crash leaves a prefix of
// the commits: never a later transaction without an earlier one.
//
// Messages are deleted with SingleDelete. It vanishes together with the Set that it meets; when both are in the
// table in memory, at the latest when that is written to disk. So nothing of a message that lives for milliseconds ever reaches a table, and
// the log is its only place on disk. The condition of SingleDelete is that a key is Set at most once between two deletions. It
// holds, as a position is used again, if at all, after its message was deleted. A queue's messages are deleted one by one as
// well; transaction.deleteMessages tells why.
//
// Batches, buffers of the log and tables in memory come from pools: a message is stored, read and deleted without an
// allocation.
//
// # Taking in
//
// What comes from elsewhere in large numbers goes past the log: Rows makes the rows of queues, links, messages, notifications,
// services and their counts, whoever calls it sorts them, and an Intake writes tables of them that become the last level of the
// store, all at once. Neither knows more of the whole than the counts of services and a block of each table, so its memory does
// not grow with the number of queues.
//
// # Start and end
//
// Open reads the manifest and what is left of the log: nothing after Close, at most two tables in memory after a kill
// (84 ms for 188 MB of logs). It compacts nothing: package disk holds compactions back until Open is done, as Pebble would
// wait for one otherwise. 6,000,000 queues open in 15 ms. Records are read when they are asked for.
//
// Backup (backup.go) makes a copy while the store is used. Scan (scan.go) gives all queues with their messages.
//
// Open gives an *Error, one line with the fault, the place and what to do, when another process holds the directory, its
// content is not ours or of a newer version, it is damaged, or it cannot be written.
//
// # When the disk fails or fills up
//
// Package disk freezes the store at the first failed write, and opens it again when the disk works; meanwhile reads go on and
// commits are refused. The frozen store showed commits that were visible and never became durable. So the Epoch counts on,
// commits that do not know the new one fail, and shards read again what they have in memory. When the disk is nearly
// full, Full says so. Shards then refuse commands that make the store larger, while messages are still received and deleted.
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
//     write to a table. A larger one costs memory and time to start after a kill. On a disk of less than 4 GiB it is
//     smaller, for the sake of its logs.
//
// # Who owns what
//
// Store is safe for all goroutines between Open and Close, which needs that nobody uses it any more. A transaction
// belongs to its shard until Commit, then to whoever waits; Wait gives it back to a pool. Goroutines: those of package disk,
// and the ticker of SyncInterval. No lock of ours is held on the way of a message, but for a note of how far the log is
// synced.
package wal

import "switchyard/shard"

var _ shard.Store = (*Store)(nil)
