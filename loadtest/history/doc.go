// Package history holds what was seen of each queue, and judges it.
//
//	stamp.go       what a message carries, so that it is known again
//	queuestate.go  how far a queue is in its life
//	history.go     the history of a queue: attempts to send and deliveries; the verdict counts what is found in histories
//	checker.go     the rules, as for linearizability histories: what was answered OK arrives once and in order
//	losswindow.go  what a router that was killed may have forgotten, which depends on when it syncs
//
// A checker needs nothing but histories, so its tests try every kind of fault on generated ones, beside a naive second checker.
//
// The package imports nothing of ours and does no I/O but for LossWindow's ledger, a file by which processes of a run tell each
// other of kills. Histories belong to their caller; a LossWindow may be used by several goroutines.
package history
