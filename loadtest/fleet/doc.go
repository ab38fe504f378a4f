// Package fleet measures what many connections cost a router: a fleet of clients, each with its share of the queues.
//
//	idle.go       Idle holds connections and subscriptions: resident bytes of the router for each
//	subscribe.go  Subscribe creates queues, connects again, subscribes in batches: CPU time of the router for NEW and SUB
//	handshake.go  Handshake connects and closes: CPU time of the router for each
//	storm.go      Storm kills the router and lets all clients come back at once, while a group exchanges messages;
//	              stormrun.go is the run, stormreport.go its report; replica.go: how large a large router is
//	fleet.go      the connections; queues.go their queues
//	processgroup.go  a fleet in processes of its own; serve.go is one of them
//
// The package imports load and verify for the group, measure, process and results, seeded for queues of the store, smp/client and
// tls. A fleet belongs to one goroutine but for its counters; connections are worked on by some goroutines at a time.
package fleet
