package control

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/metrics"
	"strings"
	"time"
)

// started is when the process began, as near as this package knows.
var started = time.Now()

// StatsRTS is the command stats-rts, for every role. It answers with the record of the reference's runtime, whose names
// scripts look for, and with Go's figures in it; what Go does not know is 0.
func StatsRTS() Command {
	return Command{Name: "stats-rts", Parse: Plain(func(c *Call) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		c.Line("%s", rtsStats(&m, time.Since(started)))
	})}
}

// rtsStats writes the record. Times are in nanoseconds; the collector's elapsed time is that in which the program stood.
func rtsStats(m *runtime.MemStats, elapsed time.Duration) string {
	mutator, gc := cpuTime()
	fields := func(prefix string, all ...any) string {
		var b strings.Builder
		for i := 0; i < len(all); i += 2 {
			fmt.Fprintf(&b, "%s%s = %v, ", prefix, all[i], all[i+1])
		}
		return b.String()
	}
	details := "GCDetails {" + strings.TrimSuffix(fields("gcdetails_",
		"gen", 0, "threads", runtime.GOMAXPROCS(0), "allocated_bytes", m.TotalAlloc, "live_bytes", m.HeapAlloc,
		"large_objects_bytes", 0, "compact_bytes", 0, "slop_bytes", m.HeapInuse-m.HeapAlloc, "mem_in_use_bytes", m.Sys,
		"copied_bytes", 0, "par_max_copied_bytes", 0, "par_balanced_copied_bytes", 0, "sync_elapsed_ns", 0,
		"cpu_ns", 0, "elapsed_ns", m.PauseNs[(m.NumGC+255)%256],
		"nonmoving_gc_sync_cpu_ns", 0, "nonmoving_gc_sync_elapsed_ns", 0), ", ") + "}"
	return "RTSStats {" + fields("",
		"gcs", m.NumGC, "major_gcs", m.NumGC, "allocated_bytes", m.TotalAlloc, "max_live_bytes", m.HeapAlloc,
		"max_large_objects_bytes", 0, "max_compact_bytes", 0, "max_slop_bytes", m.HeapInuse-m.HeapAlloc, "max_mem_in_use_bytes", m.Sys,
		"cumulative_live_bytes", 0, "copied_bytes", 0, "par_copied_bytes", 0, "cumulative_par_max_copied_bytes", 0,
		"cumulative_par_balanced_copied_bytes", 0, "init_cpu_ns", 0, "init_elapsed_ns", 0,
		"mutator_cpu_ns", mutator, "mutator_elapsed_ns", uint64(elapsed)-m.PauseTotalNs,
		"gc_cpu_ns", gc, "gc_elapsed_ns", m.PauseTotalNs, "cpu_ns", mutator+gc, "elapsed_ns", int64(elapsed),
		"nonmoving_gc_sync_cpu_ns", 0, "nonmoving_gc_sync_elapsed_ns", 0, "nonmoving_gc_sync_max_elapsed_ns", 0,
		"nonmoving_gc_cpu_ns", 0, "nonmoving_gc_elapsed_ns", 0, "nonmoving_gc_max_elapsed_ns", 0,
	) + "gc = " + details + "}"
}

// cpuTime is the processor's time of the program and of the collector, in nanoseconds, as of the last collection.
func cpuTime() (mutator, gc int64) {
	times := []metrics.Sample{{Name: "/cpu/classes/user:cpu-seconds"}, {Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(times)
	ns := func(m metrics.Sample) int64 { return int64(m.Value.Float64() * float64(time.Second)) }
	return ns(times[0]), ns(times[1])
}

// Threads is the command threads: the goroutines, which are in the place of the reference's threads. A line has the number, the
// state and the function that the goroutine was started with.
func Threads() Command {
	return Command{Name: "threads", Role: Admin, Parse: Plain(func(c *Call) {
		all := goroutines()
		c.Line("Threads: %d", len(all))
		for _, line := range all {
			c.Line("%s", line)
		}
	})}
}

// goroutines describes each goroutine on a line.
func goroutines() (lines []string) {
	for stack := range bytes.SplitSeq(stacks(), []byte("\n\n")) {
		if line, ok := describe(stack); ok {
			lines = append(lines, line)
		}
	}
	return lines
}

func stacks() []byte {
	for size := 1 << 20; ; size *= 2 {
		b := make([]byte, size)
		if n := runtime.Stack(b, true); n < size {
			return b[:n]
		}
	}
}

// describe takes a stack apart:
//
//	goroutine 7 [chan receive, 3 minutes]:
//	main.wait(0xc000012345)
//		file.go:12 +0x1d
//	created by main.main in goroutine 1
//		file.go:20 +0x1d
func describe(stack []byte) (line string, ok bool) {
	lines := strings.Split(string(bytes.TrimSpace(stack)), "\n")
	head, state, ok := strings.Cut(strings.TrimSuffix(lines[0], "]:"), " [")
	number, is := strings.CutPrefix(head, "goroutine ")
	if !ok || !is {
		return "", false
	}
	function := ""
	for _, l := range lines[1:] {
		if strings.HasPrefix(l, "\t") || strings.HasPrefix(l, "created by ") || strings.HasPrefix(l, "sync.(*WaitGroup)") {
			continue
		}
		function = l // the last one is the outermost
	}
	if n := strings.LastIndexByte(function, '('); n > 0 {
		function = function[:n]
	}
	return number + " (" + state + ") " + function, true
}

// Version is the command version, for every role.
func Version(version string) Command {
	return Command{Name: "version", Parse: Plain(func(c *Call) { c.Line("%s", version) })}
}

// Drain is the command drain: the server takes no new connections, and says that it is not ready.
func Drain(drain func()) Command {
	return Command{Name: "drain", Role: Admin, Parse: Plain(func(c *Call) {
		drain()
		c.Line("ok, no new connections until the next start")
	})}
}

// Backup is the command backup, with the directory that is to be made.
func Backup(backup func(dir string) error) Command {
	return Command{Name: "backup", Role: Admin, Parse: func(a *Args) Action {
		dir := a.Text()
		return func(c *Call) { c.Done(backup(dir)) }
	}}
}
