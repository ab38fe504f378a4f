// Package loadtest puts load on SMP routers and checks what they do with it. It is the library behind cmd/loadtest.
//
// Scenarios:
//
//	Verify     creates queues, sends numbered messages through them, checks that each arrives once and in order
//	Crash      the same with a router of its own that is killed again and again
//	Idle       holds idle connections; resident bytes of the router for each of them
//	Handshake  connects and closes; handshakes for each second of the router's CPU time
//	Messages   closed loop of messages; CPU time of the router for each delivered message
//
// The pure parts come first and do no I/O: stamp.go (what a message carries), history.go and checker.go (what was
// sent and delivered, and whether that is right), pacer.go (when to send), schedule.go (when to kill). The driver is
// link.go (a connection that comes back), queue.go, sender.go and receiver.go (the life of a queue), load.go (all
// queues of a run).
//
// Latency is counted from the time at which a message was due, not from the time at which the harness got round to
// send it.
//
// Who owns what: one goroutine for each queue sends, one for each link receives and another keeps it connected; what
// they record of a queue is guarded by the queue's lock. Scenarios return a report; printing is up to the caller.
//
// loadtest is a client: it imports agent, smp and box, never the router's packages.
package loadtest
