// Package reference takes over the state of the reference's smp-server, and writes it. It imports wal, shard, smp, box,
// internal/extsort and server/crash.
//
// A Source gives what a router has kept, in the order in which it can be stored; Logs is the source that reads files:
//
//	smp-server-store.log      queues and services: storelog.go is its lines, replay.go what they do to a queue
//	smp-server-messages.log   messages, when the router kept them in memory: messagelog.go
//	messages/                 messages, when it kept them in journals: journal.go
//	smp-server-ntfs.log       notifications that wait: ntflog.go
//
// Import puts a source into a new store, and Export a store into files:
//
//	Source ──Queues──▶ tables of records; other IDs and associations ──sort──▶ their tables
//	       ──Messages─▶ sealed with the secret of their queue ──▶ tables of messages
//	       ──Notifications─▶ sort by notifier, find the queue, sort by queue ──▶ a table
//
// # In bounded memory
//
// Neither holds the queues in memory. The records of a store log that are about one queue lie apart, so the log is sorted by
// recipient ID; but its first part, as the reference writes it at each start, is in this order already, and is read where it lies.
// A messages log is in order too. When one is not, an index of it is sorted, not its messages.
//
// # What cannot be read
//
// A line that does not parse, or does what its queue does not allow, is left out and told to Report, with its place and without
// its content. Whole files are refused, by a *Refusal, when they are of something else, of a newer version, or change while they
// are read. Nothing is left out for its age.
//
// A source, an import and an export belong to one goroutine each; an import has its source run in another one, and hands
// batches over by a channel, so that whoever has a batch owns it.
package reference
