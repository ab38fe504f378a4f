package fleet

import (
	"io"

	"switchyard/loadtest/results"
)

// Clean reports that the group's exchange was faultless.
func (r *StormReport) Clean() bool { return r.Exchange.Clean() }

// Metrics implements Measured.
func (r *StormReport) Metrics() []results.Metric {
	m := []results.Metric{{Unit: "start-ms", Value: r.Start}, {Unit: "restored-s", Value: r.Restored},
		{Unit: "quiet-p99-ms", Value: r.Quiet.P99}}
	if r.Storm.Count > 0 {
		m = append(m, results.Metric{Unit: "storm-p99-ms", Value: r.Storm.P99}, results.Metric{Unit: "storm/quiet", Value: r.ratio()})
	}
	if r.FirstStart > 0 {
		m = append(m, results.Metric{Unit: "first-start-ms", Value: r.FirstStart})
	}
	if r.Router != nil {
		m = append(m, results.Metric{Unit: "rss-B", Value: float64(r.Held)}, results.Metric{Unit: "rss-after-B", Value: float64(r.After)})
	}
	if r.Stored > 0 {
		return append(m, r.First.Metrics("sub")...)
	}
	return append(m, r.First.Metrics("new")...)
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
	t := results.NewTable(out)
	t.Row("connections", r.Connections, "subscriptions", r.Subscriptions, "stored queues", r.Stored)
	if r.First != nil {
		t.Row("subscribed in s", results.Fixed(r.First.Seconds), "per second", results.Fixed(r.First.PerSecond), "router CPU µs each",
			results.Fixed(r.First.CPUMicros))
	}
	t.Row("start in s", results.Fixed(r.FirstStart/1000), "after the kill", results.Fixed(r.Start/1000))
	ratio := "–" // the storm was over before the group had caught up
	if r.Storm.Count > 0 {
		ratio = results.Fixed(r.ratio())
	}
	t.Row("restored in s", results.Fixed(r.Restored), "redials", r.Redials, "p99 storm/quiet", ratio)
	if r.Router != nil {
		t.Row("router RSS MiB", results.MiB(r.Held), "after the storm", results.MiB(r.After), "at most", results.MiB(r.Router.RSSMax))
	}
	t.Flush()
	l := results.NewTable(out)
	l.Row("SEND to MSG, ms", "p50", "p90", "p99", "p99.9", "max")
	l.Latency("quiet", r.Quiet)
	l.Latency("outage", r.Outage)
	l.Latency("storm", r.Storm)
	l.Flush()
	r.Exchange.WriteFaults(out)
	return r.Exchange.WriteTotals(out)
}
