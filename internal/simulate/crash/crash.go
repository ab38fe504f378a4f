// Package crash stands in for switchyard/server/crash in woven code: a panic is the simulation's to tell.
package crash

// Report does nothing.
func Report() {}
