// Package results keeps what a run has measured, and makes reports of it.
//
// A run writes a recording (recorder.go): a file of JSON lines, good up to its last line whatever happens to the run.
// Everything else is made from recordings afterwards:
//
//	recording.go    reads them, within bounds
//	latency.go      histograms and their quantiles
//	summary.go      what a recording says in all; summarytext.go prints it, alone, side by side or for benchstat
//	rows.go         the table of BENCHMARKS.md, with targets
//	extrapolate.go  figures of a size that the machine cannot hold
//	floor.go        what the cryptography of a message takes at least; openssl.go times another implementation,
//	                attribution.go finds the same parts in a CPU profile of the router
//	page.go         one HTML page with plots.go's charts, which svg.go draws
//	work.go         stages of the router's work; table.go prints tables and JSON;
//	                files.go does all that with files
//
// The charts are our own SVG: the page needs no script and no network, fits 390 px and has a dark mode, by the page's CSS alone.
// go-echarts loads a script from a foreign host and draws 900 px wide; gonum/plot fixes colours and sizes and needs seven modules more.
//
// The package imports nothing of ours. A Histogram and a Recorder may be used by several goroutines; the rest belongs to its
// caller.
package results
