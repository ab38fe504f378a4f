// Package metrics tells an operator's machines how a router is, at an address of its own:
//
//	/metrics  figures for Prometheus, in its text format: ours (switchyard_…), those of Go and of the process, and behind
//	          them the reference's, by the names that its file of metrics has
//	/healthz  200 when every probe has answered within a second, else 503; the body has a line for each
//	/readyz   200 when every condition for taking clients is met, else 503, in the same form
//
// A probe does what a client's command does, by the same way: what hangs there hangs here, and no flag could tell. A router
// that is not healthy should be started again; one that is not ready should get no new clients.
//
// The address has no password, so it is for the loopback interface or a private network. Whoever reads slowly or not at all
// is cut, and so many scrapes may be under way at a time. No label of a figure comes from a client, and reading a figure
// keeps neither loops nor shards from their work.
//
// A Metrics is immutable after New, but for its end, and safe for all goroutines. Each request has a goroutine, and so has each probe under way,
// of which there is one of a kind at a time: one that hangs is left behind, and others wait for the same.
//
// The package imports server/connections, server/inifile, server/listen, server/crash and internal/disk.
package metrics
