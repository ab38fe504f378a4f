// Package stage makes visible where the work of a router goes: how long each stage takes on a command's way through loops
// and shards, and which stage a CPU profile caught.
//
//	loop:   open ──▶ ring ──▶ shard: load ─▶ verify ─▶ apply ─▶ commit ──▶ sync ──▶ loop: seal ─▶ write
//
// Whoever does the work begins a span and ends it. Between the two the goroutine has the pprof label "stage" with the
// stage's name, so `go tool pprof -tagfocus stage=verify` shows one stage of a profile. Ring and sync are waits: they
// take no CPU and have no label.
//
// A router that is not watched has a nil Watch, on which everything may be called and costs a comparison. A watched one
// allocates nothing for it either.
//
// stage imports nothing of ours. A Watch is safe for all goroutines; a span belongs to the one that began it.
package stage
