// Package load drives messages through many queues: it connects, creates queues, sends by rate or in closed loop, receives,
// acknowledges, deletes, and keeps the history of each queue.
//
//	load.go          all queues and links of a run, and its clock; phases.go: what runs do one after the other
//	queue.go         the life of a queue; sender.go and receiver.go are its halves
//	link.go          a connection that comes back by itself, with the queues that send or receive on it
//	session.go       what queues ask of a connection; proxied.go: the same by way of a proxy
//	pacer.go         when a message is due, whatever has become of those before
//	client.go        to which router clients connect, and how
//	counters.go      what is counted, for progress and recordings
//	remoteend.go     a queue whose other end is in another process; restore.go: a queue that another process began;
//	drain.go         the end of a process that goes on from journals
//	storedqueues.go  queues of a store that was filled offline
//
// Room routertest is a router within a test.
//
// A queue has no goroutine. Its next step is taken under its lock by whatever makes it possible: the callback of an answer, a
// message, a connection that is back, all on goroutines of package smp/client; and the goroutine of the scenario, which keeps the
// clock (Load.Until) and reads what remote ends have written. Locks are taken in the order queue, then link, Load or Counters; of
// these none is held while another is taken.
//
// The package is a client: it imports smp/client, smp and box, never a router's package; of loadtest it imports history, journal,
// measure, results and seeded.
package load
