// Package shard owns the queues of the router.
//
// A shard is one goroutine that owns a part of all queues: no lock guards a queue. The event loops of package
// engine put batches of commands into the shard's ring, and the shard answers each drain of the ring as a whole:
//
//	loops ──ring────────▶ drain (≤ 256 commands) → look up queues → verify all authorizations as one batch
//	          └fair queue─▲    → apply in order → one store commit → replies, grouped by loop ──▶ loops
//
// Large batches of a connection, as clients send them that come back, and floods wait in a fair queue, with whatever follows
// on the connection. The shard drains the ring and the fair queue in turn, so that single commands of others overtake.
// Connections have their turns in the fair queue (fairqueue.go). Commands of one connection are executed in their order;
// between connections there is no order until one has its answer.
//
// Replies of a drain leave only when its commit is done, in the order of the drains, so that nothing is answered
// before it is stored. While a commit is under way the shard goes on with the next drain, so commits form groups
// by themselves. When a commit fails, its drain and those that were applied after it are answered with ERR STORE, and
// the shard reads again the queues that these drains have seen (failure.go).
//
// Client services are found and made by one more goroutine, for all shards (package registry).
//
// The type core does the work of a shard. It is a state machine without goroutines and locks, whose world is env: clock,
// randomness and store. Around it is worker, with the ring, the shard's goroutine, and the waiter, which waits for commits.
//
// Memory holds the queues in use, and as many others as Config.QueueCache says. Of a quiet queue with a subscription it
// holds the subscription alone (cache.go). Message bodies stay in the store until they are delivered.
//
// An entity ID leads to a shard: SipHash of the ID, with a secret of this router, names one of 256 partitions, and
// partitions map to shards. The IDs of one queue are drawn until they fall in one partition (package partition). Those of a queue
// that was imported are foreign: they are of any partition. The queue belongs to the shard of its recipient ID, and the shards of
// its other IDs hand commands on to it (core.go, package foreign).
//
// Ownership:
//   - a Batch belongs to the loop until it is put into the ring, then to the shard, which releases it;
//   - a Buffer is counted: whoever keeps a slice of it holds a reference;
//   - a Group belongs to the shard until Loop.Deliver, then to the loop, which releases it;
//   - the fields of a Client are immutable, atomic, or belong to one shard, as its comments say;
//   - a credit.Window belongs to nobody: each of its fields says who writes it;
//   - queues, subscriptions and what else is in core belong to the shard's goroutine, and no other looks at them;
//   - a drain belongs to the shard until it is handed to the waiter, and from then on to the waiter until it is free again.
//
// So the waiter touches only these:
//   - of the drain: its commit, its groups with their replies, requests to block, walks that have ended, link IDs, and by
//     value the IDs of queues and messages that a failure would concern;
//   - of a Client: the immutable fields;
//   - of the worker: failed, broken, lost and the channels;
//   - the link IDs that are taken away (linkid.Table, which has a lock).
//
// With Config.Watch set, each drain's stages are measured (package stage).
//
// shard imports its own rooms, smp, box, stage, internal/expiry and server/crash. It defines the Store that package wal implements, and the Loop that package engine
// implements. It knows nothing of sockets, TLS and blocks.
package shard
