// Package history has no code, only a test: it records what concurrent clients see of a few queues of a whole router, over
// sockets, while connections are cut and the router is restarted and loses power, and has porcupine look for an order of
// all operations that explains it (linearizability: Herlihy and Wing, 1990).
//
//	clients ─ NEW KEY SKEY SEND SUB ACK GET QUE OFF DEL ─▶ engine ─▶ shard ─▶ wal, synced always, on a crashable memory
//	   └─ operations: when called, when returned, with what; events are operations, too ─▶ porcupine: order or none
//
// An operation whose answer was cut off may have been executed or not; it takes until the router is down next, or else until
// the end of the history.
//
// Some commands are given in large blocks, which shards put off, with others behind them, before any is answered. Then the
// order has to keep that of the connection, for each queue.
//
// Each seed makes other clients, but the machine decides how they meet: a seed does not make the same history again. A
// history without an order is written as a page to look at, whose name is in the failure.
//
//	go test ./engine/history                                          6 histories, 2 with -short
//	go test ./engine/history -timeout 0 -history.seeds 1000           any number
//
// The test imports engine, shard, wal, smp/client, smp and tls.
package history
