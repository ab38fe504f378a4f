// Package shard owns the queues of the router.
//
// A shard is one goroutine that owns a part of all queues: no lock guards a queue. The event loops of package
// engine put batches of commands into the shard's ring, and the shard answers each drain of the ring as a whole:
//
//	loops ──ring────────▶ drain (≤ 256 commands) → look up queues → verify all authorizations as one batch
//	          └fair queue─▲    → apply in order → one store commit → replies, grouped by loop ──▶ loops
//
// What a connection asks for in large batches, as clients do that come back, or as a flood, waits in a fair queue, with
// what follows on the connection. Drains are of the ring and of the fair queue in turn, so that single commands of others
// overtake, and connections have their turns in the fair queue (fairqueue.go). Commands of one connection are executed in their
// order; between connections there is none until one has its answer.
//
// Replies of a drain leave only when its commit is done, in the order of the drains, so that nothing is answered
// before it is stored. While a commit is under way the shard goes on with the next drain: commits form groups
// by themselves. When a commit fails, its drain and those that were applied after it are answered with ERR STORE, and
// the queues that they have seen are read again (failure.go).
//
// Client services are found and made by one more goroutine, for all shards (package registry).
//
// What a shard does is in core, a state machine without goroutines and locks, whose world is env: clock, randomness and
// store. Around it is worker, with the ring, the shard's goroutine, and another one that waits for commits.
//
// In memory are the queues in use, as many others as Config.QueueCache says (cache.go), and of queues with a subscription
// in which nothing happens the subscription alone (cache.go). Message bodies stay in the store until they are delivered.
//
// Which shard: SipHash of the entity ID, with a secret of this router, names one of 256 partitions, and
// partitions map to shards. The IDs of one queue are drawn until they fall in one partition (package partition).
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
// So the waiter touches: of the drain its commit, its groups with their replies, requests to block, walks that have ended, link IDs, and by value the IDs
// of queues and messages that a failure would concern; of a Client what is immutable; of the worker failed, broken, lost
// and the channels; the link IDs that are taken away (linkid.Table, which has a lock).
//
// With Config.Watch set, each drain's stages are measured (package stage).
//
// shard imports smp, box and stage. It defines the Store that package wal implements, and the Loop that package engine
// implements. It knows nothing of sockets, TLS and blocks.
package shard
