// Package measure watches a router's process while a scenario runs.
//
//	observer.go  samples CPU time and memory of the process, and the counters of the scenario, into a recording
//	profiler.go  fetches CPU and heap profiles from the router
//	figures.go   reads what the router tells of its own work, at /metrics
//	stages.go    measures one operation that is done many times, as NEW or SUB; parallel.go does it many times at once
//	progress.go  tells a person how far a run is
//	lateness.go  schedule lateness: how late the load tester itself is
//
// Latency is counted from the time at which something was due, not from the time at which the load tester got round to do it.
//
// The package imports results, for what it writes, and process, for the state of a process. Observer, Watcher, Lateness and the
// profiler have a goroutine each, from their start until Stop or Close; the counters of a scenario are read on those.
package measure
