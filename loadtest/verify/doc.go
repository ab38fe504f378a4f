// Package verify exchanges messages through queues of a router and checks that each arrives once and in order.
//
//	verify.go        Run checks; Messages does the same for measuring, by rate or in closed loop
//	measurement.go   what is measured of an exchange, and how one ends that went on beside something else
//	report.go        the report of an exchange; crashreport.go: what a crash run adds to it
//	service.go       a client service that subscribes all of its queues at once; serviceinbox.go judges what it receives
//
// Crash, abuse and fleet report an exchange, too, so they import this package. It imports load, which does the work, and
// history, measure, process and results; smp/client only for services.
//
// A run belongs to its goroutine; Progress is called from another. A service's inbox belongs to the goroutine that reads its
// connection.
package verify
