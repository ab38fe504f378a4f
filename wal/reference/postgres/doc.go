// Package postgres reads the state of a reference's smp-server that kept it in PostgreSQL: a reference.Source over the rows of
// one schema, whichever of its versions (schema.go). All is read in one transaction, read-only and repeatable, so it is the state
// of one moment, and nothing of it is held in memory.
//
// Messages are in the database, or in the journals that the router kept beside it.
//
// A row that cannot be taken over is told to Skip by its number among the rows of its table, in the order of recipient IDs: an ID
// would tell too much. A Source belongs to one goroutine, but for Progress.
//
// postgres imports reference, shard, smp, box and pgx.
package postgres
