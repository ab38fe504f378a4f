// Package loadtest puts load on SMP routers, and with two scenarios on XFTP routers, and checks what they do with it. It
// is the library behind cmd/loadtest.
//
// Scenarios:
//
//	Verify     creates queues, sends numbered messages through them, checks that each arrives once and in order
//	Crash      the same with a router of its own that is killed again and again, as its proxy and clients are
//	Messages   messages by rate, or in closed loop; latency, CPU time of the router for each delivered message
//	Idle       holds idle connections and subscriptions; resident bytes of the router for each of them
//	Subscribe  creates queues, reconnects, subscribes in batches; CPU time of the router for each NEW and SUB
//	Handshake  connects and closes; CPU time of the router for each
//	Storm      kills a router of its own and lets all clients come back at once, while a group exchanges messages
//	Abuse      attackers of each kind in turn, in processes of their own, while a group exchanges messages
//	XFTP       uploads or downloads packets, or holds downloads of slow readers
//	XFTPStart  stops, kills and starts an XFTP router of its own
//
// The pure parts come first and do no I/O: stamp.go (what a message carries), history.go and checker.go (what was
// sent and delivered, and whether that is right), lapses.go (what a router that was killed may have forgotten), pacer.go
// (when to send), schedule.go (whom to kill when). The driver of messages is link.go (a connection that comes back),
// queue.go, sender.go and receiver.go (the life of a queue), load.go (all queues of a run). That of many connections is
// crowd.go; crowdchild.go and crowdprocess.go put it into processes of its own, as attackchild.go and attackcrew.go do with
// attackers; child.go is a child as its parent sees it, obedience.go what it is to itself.
//
// The clients of Crash are processes, too (childprocess.go), so that they can be killed. crashchild.go is one of them, crew.go
// has all. The two ends of a queue are in different ones (ends.go). A client writes each step of its end to a journal
// (journal.go, archive.go) before it takes it; the client with the other end follows that (following.go, otherend.go), the next
// process goes on from both (fate.go), and in the end they are judged (crashjudge.go). What a client must know of the router's
// kills is in a ledger (lapses.go).
//
// What is measured goes through observer.go, which samples the router's process and the counters of the scenario, to
// recorder.go, which writes a recording (recording.go): raw results, from which summary.go, plots.go and page.go, rows.go,
// floor.go and extrapolate.go make reports afterwards.
//
// Latency is counted from the time at which a message was due, not from the time at which the harness got round to
// send it.
//
// Who owns what: a queue has no goroutine. Its next step is taken under its lock by whatever makes it possible: the
// callback of an answer, a message, a link that is back, all on goroutines of package smp/client; and the goroutine of the
// scenario, which keeps the clock (load.until) and reads what other ends have written. Locks are taken in the order queue, then link, load or counters; of
// these none is held while another is taken. Scenarios return a report; printing progress and results is up to the
// caller.
//
// loadtest is a client: it imports smp/client, xftp/client, smp, box and tls, never the router's packages. Its room seeded
// names the queues of a store that was filled offline.
package loadtest
