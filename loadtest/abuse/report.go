package abuse

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"switchyard/loadtest/results"
	"switchyard/loadtest/verify"
)

// Phase is what a part of Abuse was like: for the group, and of what the router itself tells. Sizes are bytes.
type Phase struct {
	Delivery   results.Latencies `json:"delivery"` // SEND to MSG in the group
	Lateness   results.Latencies `json:"lag"`      // how late the harness was when it wanted to do something
	CPUPercent float64           `json:"cpuPercent"`
	RSS        int64             `json:"rss"`              // of the router, at the end
	Work       *results.Work     `json:"work,omitempty"`   // of the router, when it has figures
	Causes     map[string]int64  `json:"causes,omitempty"` // of connections closed and requests refused meanwhile
}

// Attack is what came of one kind of attacker.
type Attack struct {
	Kind        string `json:"kind"`
	Connections int    `json:"connections"` // of attackers
	Phase
	Ratio            float64          `json:"ratio"` // p99 by that in quiet
	AttackersPercent float64          `json:"crewPercent"`
	Rested           int64            `json:"rssRested"`
	Attempts         int64            `json:"attempts"`
	Succeeded        int64            `json:"succeeded"`
	Failed           map[string]int64 `json:"failed,omitempty"` // by what the attackers saw
}

// Report is the result of Abuse.
type Report struct {
	Scenario string           `json:"scenario"`
	Quiet    Phase            `json:"quiet"`
	Attacks  []Attack         `json:"attacks"`
	Causes   map[string]int64 `json:"causes,omitempty"` // as the router counts them in all, at its end
	Router   *results.Use     `json:"router,omitempty"`
	Exchange *verify.Report   `json:"exchange"` // of the group
	Ended    string           `json:"ended,omitempty"`
}

// Clean reports that the group's exchange was faultless.
func (r *Report) Clean() bool { return r.Exchange.Clean() }

// Metrics implements Measured.
func (r *Report) Metrics() []results.Metric {
	m := []results.Metric{{Unit: "quiet-p99-ms", Value: r.Quiet.Delivery.P99}}
	for _, a := range r.Attacks {
		m = append(m, results.Metric{Unit: a.Kind + "/quiet", Value: a.Ratio})
	}
	if r.Router != nil {
		m = append(m, results.Metric{Unit: "rss-max-B", Value: float64(r.Router.RSSMax)})
	}
	return m
}

// WriteText prints the report as tables; the last line is that of Report.
func (r *Report) WriteText(out io.Writer) error {
	t := results.NewTable(out)
	t.Row("attackers", "conns", "group's p99 ms", "by quiet", "lag p99", "ring p99", "sync p99", "router CPU %", "theirs %",
		"RSS MiB", "rested", "attempts", "succeeded")
	t.Row(slices.Concat([]any{"none", "", results.Fixed(r.Quiet.Delivery.P99), "1.0"}, r.Quiet.cells("", ""))...)
	for _, a := range r.Attacks {
		t.Row(slices.Concat([]any{a.Kind, a.Connections, results.Fixed(a.Delivery.P99), results.Fixed(a.Ratio)},
			a.cells(results.Fixed(a.AttackersPercent), results.MiB(a.Rested)), []any{a.Attempts, a.Succeeded})...)
	}
	t.Flush()
	for _, a := range r.Attacks {
		if len(a.Failed) > 0 {
			fmt.Fprintf(out, "%s: attackers see: %s\n", a.Kind, counts(a.Failed))
		}
		if len(a.Causes) > 0 {
			fmt.Fprintf(out, "%s: the router counts: %s\n", a.Kind, counts(a.Causes))
		}
	}
	if len(r.Causes) > 0 {
		fmt.Fprintln(out, "in all the router counts:", counts(r.Causes))
	}
	r.Exchange.WriteFaults(out)
	return r.Exchange.WriteTotals(out)
}

// cells are those of a phase between its latency and what its attackers did.
func (p *Phase) cells(attackers, rested string) []any {
	return []any{results.Fixed(p.Lateness.P99), p.Work.P99("ring"), p.Work.P99("sync"), results.Fixed(p.CPUPercent), attackers,
		results.MiB(p.RSS), rested}
}

// counts is a map as text, in the order of the names.
func counts(all map[string]int64) string {
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	var text []string
	for _, name := range names {
		text = append(text, fmt.Sprintf("%s %d", name, all[name]))
	}
	return strings.Join(text, ", ")
}
