// Package operator is what an SMP router offers at its control port (server/control): the commands of the reference, and some
// of ours. It asks package engine, and writes answers in the reference's words, which are those of Haskell's show (show.go).
//
// Entities are named by what complaints have: the sender ID or link ID of a queue, or a whole link, which must be one of this
// router (entity.go). Blocking has a quota for each day of UTC (quota.go).
//
// Commands run on the goroutines of control's sessions; nothing here has a goroutine or waits for one, but that the engine
// asks its loops and shards. The package imports engine, shard, smp and server.
package operator
