package results

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Row is one row of the table of BENCHMARKS.md: a figure of the runs with a label.
type Row struct {
	Label     string
	What      string
	Unit      string  // of the metric
	Scale     float64 // what the metric is divided by for the table; 0: 1
	Shown     string  // the unit in the table
	Reference string  // what the reference was measured at
	Target    float64 // as it is shown; 0: none
	AtLeast   bool    // the target is a lower bound
	Of        string  // label of runs of which the figure may be Target times as much
	Size      string  // number in the reports that is the size of a run; empty: none is small
	Whole     float64 // least size for a verdict: of less the target says nothing
}

// Rows are those of the table. All times of one kind are in one unit, as are all memory of processes, and all memory for one of
// many.
var Rows = []Row{
	{Label: "message", What: "CPU per delivered 16,000-byte message, block encryption, sync=interval", Unit: "cpu-µs/msg",
		Shown: "µs", Reference: "1,730 µs", Target: 250, Size: "queues", Whole: 64},
	{Label: "message-plain", What: "the same without block encryption", Unit: "cpu-µs/msg", Shown: "µs", Reference: "1,090 µs", Target: 160,
		Size: "queues", Whole: 64},
	{Label: "message-always", What: "the first with sync=always, 64 connections", Unit: "cpu-µs/msg", Shown: "µs", Reference: "–",
		Target: 1.2, Of: "message", Size: "queues", Whole: 64},
	{Label: "message-own", What: "the first again, in turn with the next", Unit: "cpu-µs/msg", Shown: "µs", Reference: "–"},
	{Label: "message-foreign", What: "the same on imported queues, whose IDs fall into any partition", Unit: "cpu-µs/msg", Shown: "µs",
		Reference: "–", Target: 1.1, Of: "message-own", Size: "queues", Whole: 64},
	{Label: "statistics-off", What: "the first without statistics, in turn with the next", Unit: "cpu-µs/msg", Shown: "µs", Reference: "–"},
	{Label: "statistics-on", What: "the same with statistics, and the metrics file every 5 s", Unit: "cpu-µs/msg", Shown: "µs",
		Reference: "–", Target: 1.02, Of: "statistics-off", Size: "queues", Whole: 64},
	{Label: "message", What: "messages a second, 64 queues in closed loop", Unit: "msgs/s", Shown: "/s", Reference: "570 /s",
		Target: 2500, AtLeast: true, Size: "queues", Whole: 64},
	{Label: "idle", What: "resident memory per idle connection", Unit: "B/connection", Shown: "B", Reference: "190,000 B", Target: 4000,
		Size: "connections", Whole: 15_000},
	{Label: "subscriptions", What: "resident memory per subscription to an empty queue", Unit: "B/subscription", Shown: "B",
		Reference: "–", Target: 300, Size: "subscriptions", Whole: 1_000_000},
	{Label: "subscribe", What: "CPU per SUB, in batches, after a reconnect", Unit: "cpu-µs/sub", Shown: "µs", Reference: "97 µs", Target: 25,
		Size: "queues", Whole: 50_000},
	{Label: "subscribe", What: "CPU per NEW", Unit: "cpu-µs/new", Shown: "µs", Reference: "320 µs", Target: 150, Size: "queues", Whole: 50_000},
	{Label: "handshake", What: "CPU per handshake, X25519", Unit: "cpu-µs/handshake", Shown: "µs", Reference: "2,550 µs", Target: 350,
		Size: "count", Whole: 1000},
	{Label: "handshake-x448", What: "CPU per handshake, X448", Unit: "cpu-µs/handshake", Shown: "µs", Reference: "–"},
	{Label: "handshake-alone", What: "CPU per handshake, X25519, in turn with the next", Unit: "cpu-µs/handshake", Shown: "µs", Reference: "–"},
	{Label: "handshake-shared", What: "the same on a port that HTTPS shares", Unit: "cpu-µs/handshake", Shown: "µs", Reference: "–",
		Target: 1.02, Of: "handshake-alone", Size: "count", Whole: 1000},
	{Label: "idle-cpu", What: "idle CPU with 3,000 connections", Unit: "idle-cpu-%", Shown: "%", Reference: "9 %", Target: 0.5,
		Size: "connections", Whole: 3000},
	{Label: "replica", What: "replica: resident memory", Unit: "rss-B", Scale: 1 << 20, Shown: "MiB", Reference: "12,400–21,900 MiB", Target: 1024,
		Size: "connections", Whole: 15_000},
	{Label: "replica", What: "replica: start to first accepted connection, after a kill", Unit: "start-ms", Scale: 1000, Shown: "s", Reference: "600 s",
		Target: 1, Size: "stored", Whole: 30_000_000},
	{Label: "replica", What: "replica: all subscriptions restored after a kill", Unit: "restored-s", Shown: "s", Reference: "over 3,600 s", Target: 60,
		Size: "subscriptions", Whole: 1_000_000},
	{Label: "xftp-download", What: "XFTP: CPU per MiB of downloads, packets of 4 MiB", Unit: "cpu-ms/MiB", Scale: 1.0 / 1000, Shown: "µs",
		Reference: "16,000 µs", Target: 3000, Size: "packets", Whole: 100},
	{Label: "xftp-download", What: "XFTP: the same, by the floor in the same run", Unit: "cpu/floor", Shown: "×", Reference: "–", Target: 1.5,
		Size: "packets", Whole: 100},
	{Label: "xftp-upload", What: "XFTP: CPU per MiB of uploads, packets of 4 MiB", Unit: "cpu-ms/MiB", Scale: 1.0 / 1000, Shown: "µs",
		Reference: "16,000 µs", Target: 3000, Size: "packets", Whole: 100},
	{Label: "xftp-upload", What: "XFTP: the same, by the floor in the same run", Unit: "cpu/floor", Shown: "×", Reference: "–", Target: 1.5,
		Size: "packets", Whole: 100},
	{Label: "xftp-slow", What: "XFTP: resident memory per download of a slow reader, 1,000 of them", Unit: "rss-B/download",
		Shown: "B", Reference: "–", Target: 128 << 10, Size: "connections", Whole: 1000},
	{Label: "xftp-start", What: "XFTP: start with 5,000,000 stored packets", Unit: "start-ms", Scale: 1000, Shown: "s", Reference: "replays its log",
		Target: 1, Size: "stored", Whole: 5_000_000},
	{Label: "xftp-start", What: "XFTP: the same after a kill", Unit: "start-after-kill-ms", Scale: 1000, Shown: "s", Reference: "–", Target: 1,
		Size: "stored", Whole: 5_000_000},
	{Label: "replica", What: "replica: p99 of a measured group meanwhile, by its quiet p99", Unit: "storm/quiet", Shown: "×",
		Reference: "–", Target: 10, Size: "connections", Whole: 15_000},
}

// WriteRows prints those rows of the table for which there are runs: the median of the runs and their spread. It is an error when
// there are none; the error says why.
func WriteRows(out io.Writer, rows []Row, runs []Summary) error {
	if err := anyRow(rows, runs); err != nil {
		return err
	}
	fmt.Fprintln(out, "| what | reference | target | measured (median) | spread | runs | reached |")
	_, err := fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- |")
	for _, r := range rows {
		values := r.values(r.Label, runs)
		if len(values) == 0 {
			continue
		}
		_, err = fmt.Fprintf(out, "| %s | %s | %s | %s %s | %s–%s | %d | %s |\n", r.What, r.Reference, r.target(runs),
			Fixed(median(values)), r.Shown, Fixed(values[0]), Fixed(values[len(values)-1]), len(values), r.reached(runs))
	}
	return err
}

// anyRow says why no row has a run, if none has.
func anyRow(rows []Row, runs []Summary) error {
	var labels, others []string
	failed := 0
	for _, r := range rows {
		if len(r.values(r.Label, runs)) > 0 {
			return nil
		}
		if !slices.Contains(labels, r.Label) {
			labels = append(labels, r.Label)
		}
	}
	for _, s := range runs {
		switch {
		case !s.counts():
			failed++
		case s.Run.Label != "" && !slices.Contains(others, s.Run.Label):
			others = append(others, s.Run.Label)
		}
	}
	why := "the runs have no label"
	switch {
	case failed == len(runs):
		why = "all runs ended early or failed their check"
	case len(others) > 0:
		why = "the labels of the runs are " + strings.Join(others, ", ")
	}
	return fmt.Errorf("no run is for a row of the table: %s; run with --label and one of %s", why, strings.Join(labels, ", "))
}

// values are what runs with a label say, ascending. Runs that failed do not count.
func (r *Row) values(label string, runs []Summary) (values []float64) {
	for i := range runs {
		v, ok := runs[i].metric(r.Unit)
		if !ok || runs[i].Run.Label != label || !runs[i].counts() {
			continue
		}
		if r.Scale != 0 {
			v /= r.Scale
		}
		values = append(values, v)
	}
	slices.Sort(values)
	return values
}

// bound is the target as a value, if it is known.
func (r *Row) bound(runs []Summary) (float64, bool) {
	if r.Of == "" {
		return r.Target, r.Target > 0
	}
	base := r.values(r.Of, runs)
	if len(base) == 0 {
		return 0, false
	}
	return r.Target * median(base), true
}

func (r *Row) target(runs []Summary) string {
	sign := "≤ "
	if r.AtLeast {
		sign = "≥ "
	}
	bound, known := r.bound(runs)
	switch {
	case r.Target == 0:
		return "–"
	case r.Of != "" && known:
		return fmt.Sprintf("%s%s %s (%v × %s)", sign, Fixed(bound), r.Shown, r.Target, r.Of)
	case r.Of != "":
		return fmt.Sprintf("%s%v × %s", sign, r.Target, r.Of)
	}
	return sign + Fixed(bound) + " " + r.Shown
}

// smallest is the size of the smallest of the runs that count.
func (r *Row) smallest(runs []Summary) float64 {
	least := math.Inf(1)
	for i := range runs {
		if _, ok := runs[i].metric(r.Unit); ok && runs[i].Run.Label == r.Label && runs[i].counts() {
			least = min(least, runs[i].sizes[r.Size])
		}
	}
	return least
}

// lost is the share of the connections of a run that may be lost without making it a smaller one.
const lost = 0.01

func (r *Row) reached(runs []Summary) string {
	if size := r.smallest(runs); r.Target > 0 && r.Size != "" && size < r.Whole*(1-lost) {
		return fmt.Sprintf("no verdict: %.0f of %.0f %s", size, r.Whole, r.Size)
	}
	bound, known := r.bound(runs)
	if !known {
		return "–"
	}
	m := median(r.values(r.Label, runs))
	if r.AtLeast && m >= bound || !r.AtLeast && m <= bound {
		return "yes"
	}
	return "no"
}

// median of ascending values.
func median(values []float64) float64 {
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return (values[n/2-1] + values[n/2]) / 2
}
