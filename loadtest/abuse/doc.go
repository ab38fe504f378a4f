// Package abuse lets attackers of each kind at a router in turn, in processes of their own, while a group of clients exchanges
// messages, and tells what the group notices and what the router spends.
//
//	abuse.go        the run; report.go prints it
//	kinds.go        the kinds of attackers; attacks.go is what each of them does; store.go: the stored queues that they need
//	attackers.go    attackers of one kind in one process; serve.go lets that process take orders
//	attackgroup.go  the processes as the run sees them
//
// The package imports load and verify for the group, measure, process and results; seeded for queues of the store; smp, its
// client and tls for what attackers send. A run belongs to one goroutine; each attacker has one.
package abuse
