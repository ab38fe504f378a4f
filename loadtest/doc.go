// Package loadtest is the home of the rooms behind cmd/loadtest, which puts load on SMP and XFTP routers and checks what they
// do with it. It holds no code; each room begins with a page of its own.
//
// What a person runs:
//
//	verify    exchange messages: each arrives once and in order; the same by rate, for measuring
//	crash     kill routers and clients again and again: what was answered has survived
//	abuse     attackers of each kind in turn: what a group of other clients notices
//	fleet     many connections: storm (and replica), idle, subscribe, handshake
//	moving    a move from the reference and back: time, CPU and memory of import, start, export
//	xftpload  upload, download, slow readers, start of XFTP routers
//	results   recordings, and what is made of them: tables, plots, pages, floor
//
// What these are made of:
//
//	load      the driver of messages, its pacing and its connections
//	history   histories of queues, and the checker that gives the verdict
//	journal   what client processes write before they act, so that they may be killed
//	measure   a router's CPU time, memory, profiles and figures while a scenario runs
//	process   a router of the run's own, and processes of this program
//	seeded    queues of a store that was filled offline
//
// Imports go one way:
//
//	crash, abuse, fleet → verify → load → journal → history
//	                      xftpload, load → measure → process, results
//	                                          moving → process
//
// Scenarios return a report, which has the methods of results.Report; printing progress and results is up to the caller. All
// rooms are clients: they import smp/client, xftp/client, smp, xftp, box and tls, never a router's package.
package loadtest
