// Package journal keeps what client processes of a crash run must not forget when they are killed.
//
// The two ends of a queue live in different processes (endpoints.go). A process writes each step of its end to a journal, a
// write-ahead log (journal.go), before it takes it. The process with the other end tails that journal (follower.go). A process
// that replaces one that was killed goes on from both journals, and in the end a judge reads them all: queuehistory.go merges
// the journals of a queue into one history. dir.go is the directory of all journals as one client sees it.
//
//	queue-7-recipient, queue-7-sender   the journals of queue 7
//	client-0                            which queues client 0 has finished, and faults that belong to none
//
// The package imports history and smp/client, whose queues go into journals. A Writer and a Follower have one user at a time;
// the journal of a client itself has a lock. The system keeps what was written: only the machine's end loses it.
package journal
