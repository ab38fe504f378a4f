// Package tally is what shards count. What is counted has the names of the reference's statistics (engine/counts), and happens
// where the reference counts it; what is not stored is not counted:
//
//	command ──Add──▶ Drain ──Record, when its commit is done──▶ Shard ──Read──▶ Reading, of all shards
//	what a connection has ──▶ Present ──Publish, after each drain──▶ Shard
//
// Nothing here is shared by shards, and nothing allocates on the way of a message. A Drain belongs to the drain whose part it
// is, a Present to the shard's goroutine; a Shard has a lock, which the shard's waiter and its goroutine take once a drain, and
// a reader now and then.
//
// The package imports smp and server/statistics.
package tally
