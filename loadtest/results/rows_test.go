package results

import (
	"strings"
	"testing"
)

func TestRows(t *testing.T) {
	run := func(label, unit string, v float64) Summary {
		return Summary{Run: Run{Label: label}, Metrics: []Metric{{unit, v}}, Clean: true,
			sizes: map[string]float64{"queues": 64, "connections": 14_990}}
	}
	failed := run("message", "cpu-µs/msg", 1)
	failed.Ended = "interrupted"
	runs := []Summary{
		run("message", "cpu-µs/msg", 240), run("message", "cpu-µs/msg", 200), run("message", "cpu-µs/msg", 260), failed,
		run("message-always", "cpu-µs/msg", 290), run("replica", "rss-B", 512<<20), run("replica", "rss-B", 768<<20),
		run("unknown", "cpu-µs/msg", 1),
	}
	var out strings.Builder
	if err := WriteRows(&out, Rows, runs); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| 1,730 µs | ≤ 250 µs | 240 µs | 200–260 | 3 | yes |\n",
		"| – | ≤ 288 µs (1.2 × message) | 290 µs | 290–290 | 1 | no |\n",
		"| 12,400–21,900 MiB | ≤ 1024 MiB | 640 MiB | 512–768 | 2 | yes |\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
	if n := strings.Count(out.String(), "\n"); n != 5 {
		t.Errorf("%d lines\n%s", n, out.String())
	}
	more := []Summary{run("x", "u/s", 9)}
	least := Row{Label: "x", Unit: "u/s", Target: 10, AtLeast: true}
	if least.reached(more) != "no" || least.target(more) != "≥ 10.0 " {
		t.Errorf("%s %s", least.reached(more), least.target(more))
	}
	unknown := Row{Label: "x", Unit: "u/s", Target: 2, Of: "y"}
	if unknown.reached(more) != "–" || unknown.target(more) != "≤ 2 × y" {
		t.Errorf("%s %s", unknown.reached(more), unknown.target(more))
	}
}

// TestRowsOfSmallRuns: what a target is not for is not judged by it.
func TestRowsOfSmallRuns(t *testing.T) {
	row := Row{Label: "idle", Unit: "B/connection", Shown: "B", Target: 4000, Size: "connections", Whole: 15_000}
	run := func(conns float64) Summary {
		return Summary{Run: Run{Label: "idle"}, Metrics: []Metric{{"B/connection", 3000}}, Clean: true, sizes: map[string]float64{"connections": conns}}
	}
	for want, runs := range map[string][]Summary{
		"yes":                                  {run(15_000), run(14_900)},
		"no verdict: 300 of 15000 connections": {run(15_000), run(300)},
		"no verdict: 0 of 15000 connections":   {{Run: Run{Label: "idle"}, Metrics: []Metric{{"B/connection", 3000}}, Clean: true}},
	} {
		if got := row.reached(runs); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, r := range Rows {
		if (r.Target > 0) != (r.Size != "" && r.Whole > 0) {
			t.Errorf("%s: its target is not for a size", r.What)
		}
	}
}

// TestRowsOfNothing: a table without rows says why.
func TestRowsOfNothing(t *testing.T) {
	rows := []Row{{Label: "idle", Unit: "B/connection"}, {Label: "message", Unit: "msgs/s"}, {Label: "message", Unit: "cpu-µs/msg"}}
	clean := func(label string) Summary {
		return Summary{Run: Run{Label: label}, Metrics: []Metric{{"B/connection", 1}}, Clean: true}
	}
	failed := clean("idle")
	failed.Clean = false
	const mend = "; run with --label and one of idle, message"
	for want, runs := range map[string][]Summary{
		"the runs have no label":                     {clean(""), clean("")},
		"the labels of the runs are x, y":            {clean("x"), clean("y"), clean(""), clean("x")},
		"the labels of the runs are message":         {clean("message")}, // it has another figure
		"all runs ended early or failed their check": {failed},
	} {
		var out strings.Builder
		if err := WriteRows(&out, rows, runs); err == nil || err.Error() != "no run is for a row of the table: "+want+mend || out.Len() > 0 {
			t.Errorf("%q and %v, want %s", out.String(), err, want)
		}
	}
}

// TestUnitsOfRows: what can be compared is in one unit: figures of a row, and all times, memory of processes, memory for one of
// many, whatever recordings keep them in.
func TestUnitsOfRows(t *testing.T) {
	quantity := func(unit string) string {
		switch {
		case strings.HasPrefix(unit, "cpu-µs/"), strings.HasPrefix(unit, "cpu-ms/"):
			return "processor time for one of many"
		case strings.HasSuffix(unit, "-ms"), strings.HasSuffix(unit, "-s"):
			return "time"
		case strings.HasSuffix(unit, "-B"):
			return "memory of a process"
		case strings.Contains(unit, "B/"):
			return "memory for one of many"
		}
		return unit
	}
	shown := make(map[string]string)
	for _, r := range Rows {
		q := quantity(r.Unit)
		if shown[q] == "" {
			shown[q] = r.Shown
		}
		if shown[q] != r.Shown {
			t.Errorf("%s: %s is in %s, elsewhere in %s", r.What, q, r.Shown, shown[q])
		}
		if strings.ContainsAny(r.Reference, "0123456789") && !strings.HasSuffix(r.Reference, " "+r.Shown) {
			t.Errorf("%s: the reference's figure is %s", r.What, r.Reference)
		}
	}
	for _, c := range []struct{ kept, shown Metric }{
		{Metric{"rss-B", 3 << 20}, Metric{"rss-MiB", 3}},
		{Metric{"rss-max-B", 3 << 20}, Metric{"rss-max-MiB", 3}},
		{Metric{"restored-s", 1.5}, Metric{"restored-ms", 1500}},
		{Metric{"start-ms", 7}, Metric{"start-ms", 7}},
		{Metric{"msgs/s", 7}, Metric{"msgs/s", 7}},
		{Metric{"rss-B/download", 7}, Metric{"rss-B/download", 7}},
		{Metric{"B/connection", 7}, Metric{"B/connection", 7}},
	} {
		if got := c.kept.shown(); got != c.shown {
			t.Errorf("%v is shown as %v", c.kept, got)
		}
	}
}
