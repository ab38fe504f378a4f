// Package client is an SMP client (SMP v6 to v19). Load and correctness tests use it, and a router that is
// a proxy. It has no double ratchet and no connections of agents; bodies are what the caller makes them.
//
//	Keeper      redials with back-off and subscribes its queues again
//	  Client    one session with a router: commands out, responses and events in
//	    Relay   a router behind this one as its proxy (PRXY, PFWD)
//	    RcvQueue, SndQueue   IDs and keys of a queue, values that can be stored
//	    ServiceCredentials   open the session of a client service (service.go)
//
// The way of a command:
//
//	Do ─ encode and authorize (caller) ─▶ outbox of open blocks ─ writer: seal block, seal record ─▶ socket
//	socket ─ reader: open record, open block, parse ─▶ callback of the command, or event
//
// A response belongs to the command with its correlation ID, and its entity ID
// must be the command's. A transmission without correlation ID is an event.
// Responses may come in any order and packing. Commands that wait share blocks,
// but not those of one queue, as a router may execute a block in any order.
//
// Ownership. A Client has one goroutine while it is idle, the reader; the writer
// runs only while there is something to write. The reader owns the receiving
// chain, the writer the sending chain; tlsMu guards the TLS state that both use.
// mu guards the outbox and the table of commands that wait; no callback runs
// under it.
//
// Callbacks and OnEvent run on the reader: they must not block, nor wait for a
// response of the same client, which only the reader could bring. Slices in a
// Response or an Event are parts of the reader's block, valid until the callback
// returns; those of the channel of Events are copies.
//
// An idle client holds no buffers: the reader waits in a read of a record's
// 5-byte header and borrows a block buffer when it has come.
//
// Links (LSET, LDEL, LKEY, LGET) and NKEY, NDEL have no functions; package smp encodes
// them and Raw sends them.
//
// The package imports smp, box and tls; never engine, shard or wal.
package client
