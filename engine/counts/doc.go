// Package counts is the statistics of the reference's SMP server as data: what it counts (ids.go), and the names and the order
// in each form that its operators read (backup.go, daily.go, lines.go, metrics.go). Counts has the numbers of a router in
// these forms, and goes on with them over days and restarts.
//
//	shards ── shard/tally ──┐
//	loops, relays ──────────┴─▶ Live ─▶ Counts, a statistics.Book
//
// Where the reference counts wrongly, this does not:
//   - numbers of queues, notifiers and services in the CSV line are those of now, not of the start;
//   - how many queues were blocked today goes by the date, whether lines are written or not (BlockedToday);
//   - the count of the times to confirm a delivery is that of their buckets, so that the histogram is one, and it goes on
//     over a restart as the other counters do;
//   - sums of times by period go by the times and not by how many there are;
//   - stored messages and notifications are counted exactly, also when a queue is deleted.
//
// The package imports shard/tally, engine/relay, server/statistics and smp. Counts may be used by several
// goroutines.
package counts
