// Package crash kills routers, and clients, again and again under load, and checks that whatever a router has answered is
// there afterwards.
//
//	schedule.go     what is killed when, from a seed
//	killer.go       starts and kills by that schedule
//	clientgroup.go  the client processes as the run sees them; client.go is one of them
//	judge.go        reads the journals of all clients in the end
//	losswindow.go   what a router with these settings may forget
//
// Clients are processes of their own, so that they can be killed. The two ends of a queue are in different ones. A client
// writes each step to a journal before it takes it (package journal), and learns of the router's kills from a ledger
// (history.LossWindow); the next process goes on from both.
//
// The package imports load, verify, history, journal, measure, process and results. A run belongs to one goroutine, with the
// schedule, the killer and the group; counters may be read by others. What clients say arrives on a goroutine of each.
package crash
