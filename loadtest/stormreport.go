package loadtest

import (
	"io"
)

// Clean reports that the group's exchange was faultless.
func (r *StormReport) Clean() bool { return r.Exchange.Clean() }

// Metrics implements Measured.
func (r *StormReport) Metrics() []Metric {
	m := []Metric{{"start-ms", r.Start}, {"restored-s", r.Restored}, {"quiet-p99-ms", r.Quiet.P99}}
	if r.Storm.Count > 0 {
		m = append(m, Metric{"storm-p99-ms", r.Storm.P99}, Metric{"storm/quiet", r.ratio()})
	}
	if r.FirstStart > 0 {
		m = append(m, Metric{"first-start-ms", r.FirstStart})
	}
	if r.Router != nil {
		m = append(m, Metric{"rss-B", float64(r.Held)}, Metric{"rss-after-B", float64(r.After)})
	}
	if r.Stored > 0 {
		return append(m, r.First.metrics("sub")...)
	}
	return append(m, r.First.metrics("new")...)
}

// ratio is the group's p99 in the storm by that in quiet.
func (r *StormReport) ratio() float64 {
	if r.Quiet.P99 == 0 {
		return 0
	}
	return r.Storm.P99 / r.Quiet.P99
}

// WriteText prints the report as tables; the last line is that of Report.
func (r *StormReport) WriteText(out io.Writer) error {
	t := newTable(out)
	t.row("connections", r.Connections, "subscriptions", r.Subscriptions, "stored queues", r.Stored)
	if r.First != nil {
		t.row("subscribed in s", fixed(r.First.Seconds), "per second", fixed(r.First.PerSecond), "router CPU µs each",
			fixed(r.First.CPUMicros))
	}
	t.row("start in s", fixed(r.FirstStart/1000), "after the kill", fixed(r.Start/1000))
	ratio := "–" // the storm was over before the group had caught up
	if r.Storm.Count > 0 {
		ratio = fixed(r.ratio())
	}
	t.row("restored in s", fixed(r.Restored), "redials", r.Redials, "p99 storm/quiet", ratio)
	if r.Router != nil {
		t.row("router RSS MiB", mebi(r.Held), "after the storm", mebi(r.After), "at most", mebi(r.Router.RSSMax))
	}
	t.flush()
	l := newTable(out)
	l.row("SEND to MSG, ms", "p50", "p90", "p99", "p99.9", "max")
	l.latency("quiet", r.Quiet)
	l.latency("outage", r.Outage)
	l.latency("storm", r.Storm)
	l.flush()
	r.Exchange.writeFaults(out)
	return r.Exchange.writeTotals(out)
}
