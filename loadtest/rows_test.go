package loadtest

import (
	"strings"
	"testing"
)

func TestRows(t *testing.T) {
	run := func(label, unit string, v float64) Summary {
		return Summary{Run: Run{Label: label}, Metrics: []Metric{{unit, v}}, Clean: true}
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
		"| 13–23 GB | ≤ 1024 MiB | 640 MiB | 512–768 | 2 | yes |\n",
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
