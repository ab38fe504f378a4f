// Package routertest is a router within a test: queues with the protocol's rules, sessions that can be cut, and faults.
//
// It speaks no protocol: Router.Dial is a load.Dialer, and a session takes what it is asked to do one after the other, on a
// goroutine of its own, under the router's lock. Router's methods Start, Ready, Exited, Ended and Kill are those of a router's
// process, so that a crash run can kill it. Faults are fields, to be set before Start.
//
// The package imports load, smp/client, smp and box.
package routertest
