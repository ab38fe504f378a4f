package verify

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"switchyard/loadtest/history"
	"switchyard/loadtest/results"
)

// Report is the result of Verify, Crash and Messages. Sizes are bytes, latencies milliseconds.
type Report struct {
	Scenario    string `json:"scenario"`
	Queues      int    `json:"queues"` // answered IDS
	Connections int    `json:"connections"`
	Size        int    `json:"size"`
	history.Verdict
	Missing     int               `json:"missing"`     // queues that the router had made and no longer knew
	Undeleted   int               `json:"undeleted"`   // queues that the router had deleted and knew again
	Orphans     int64             `json:"orphans"`     // NEW without an answer
	Disconnects int64             `json:"disconnects"` // connections that ended before their time
	Faults      map[string]int    `json:"faults,omitempty"`
	Findings    []history.Finding `json:"findings,omitempty"`
	Seconds     float64           `json:"seconds"`  // that were measured: without setting up and deleting queues
	Measured    int64             `json:"measured"` // deliveries in these seconds
	Rate        float64           `json:"messagesPerSecond"`
	Latency     struct {
		Answer   results.Latencies `json:"answer"`
		Delivery results.Latencies `json:"delivery"`
	} `json:"latency"`
	Router        *results.Use  `json:"router,omitempty"`
	CPUPerMessage float64       `json:"cpuMicrosPerMessage,omitempty"` // of the router, for each delivered message
	Work          *results.Work `json:"work,omitempty"`                // of the router, where its figures were read
	Crash         *CrashReport  `json:"crash,omitempty"`
	Ended         string        `json:"ended,omitempty"` // why the run ended early
}

// Clean reports that the router did everything right.
func (r *Report) Clean() bool {
	return r.Verdict.Clean() && r.Missing == 0 && r.Undeleted == 0 && len(r.Faults) == 0
}

// Metrics implements Measured.
func (r *Report) Metrics() []results.Metric {
	m := []results.Metric{{Unit: "msgs/s", Value: r.Rate}}
	if r.Router != nil {
		m = append(m, results.Metric{Unit: "cpu-µs/msg", Value: r.CPUPerMessage}, results.Metric{Unit: "rss-B", Value: float64(r.Router.RSSMax)})
	}
	m = append(m, r.Work.Metrics()...)
	m = append(m, r.Latency.Answer.Metrics("answer")...)
	return append(m, r.Latency.Delivery.Metrics("delivery")...)
}

// WriteText prints the report as tables. The last line sums up:
//
//	acknowledged 10000 delivered 10000 duplicates 0 corrupt 0 lost 0 reordered 0
func (r *Report) WriteText(w io.Writer) error {
	t := results.NewTable(w)
	t.Row("queues", r.Queues, "connections", r.Connections, "message size", fmt.Sprint(r.Size, " B"))
	t.Row("seconds", results.Fixed(r.Seconds), "messages/s", results.Fixed(r.Rate), "disconnects", r.Disconnects)
	t.Row("sent", r.Sent, "refused (quota)", r.Refused, "unanswered", r.Unanswered)
	t.Row("redelivered", r.Redelivered, "after their ACK", r.Returned, "pending", r.Pending)
	r.writeCrash(t)
	if u := r.Router; u != nil {
		t.Row("router CPU s", results.Fixed(u.CPUSeconds), "CPU µs/message", results.Fixed(r.CPUPerMessage), "router RSS MiB",
			fmt.Sprintf("%s to %s", results.MiB(u.RSSBefore), results.MiB(u.RSSAfter)))
	}
	if r.Work != nil {
		t.Row("commands/drain", results.Fixed(r.Work.Drain), "commits/sync", results.Fixed(r.Work.Group), "syncs", r.Work.Syncs)
	}
	t.Flush()
	r.Work.WriteStages(w, r.Measured)
	l := results.NewTable(w)
	l.Row("latency ms", "p50", "p90", "p99", "p99.9", "max")
	l.Latency("SEND to OK", r.Latency.Answer)
	l.Latency("SEND to MSG", r.Latency.Delivery)
	l.Flush()
	r.WriteFaults(w)
	r.writeForgets(w)
	return r.WriteTotals(w)
}

// WriteTotals prints the last line.
func (r *Report) WriteTotals(w io.Writer) error {
	_, err := fmt.Fprintf(w, "acknowledged %d delivered %d duplicates %d corrupt %d lost %d reordered %d\n",
		r.Accepted, r.Delivered, r.Duplicates, r.Corrupt+r.Unexpected, r.Lost, r.Reordered)
	return err
}

// WriteFaults prints what is wrong, if anything is.
func (r *Report) WriteFaults(w io.Writer) {
	for _, f := range r.Findings {
		fmt.Fprintln(w, f)
	}
	for _, text := range slices.Sorted(maps.Keys(r.Faults)) {
		fmt.Fprintf(w, "router answered: %s (%d times)\n", text, r.Faults[text])
	}
	if r.Missing > 0 {
		fmt.Fprintf(w, "queues that the router lost: %d\n", r.Missing)
	}
	if r.Ended != "" {
		fmt.Fprintf(w, "ended early: %s\n", r.Ended)
	}
}
