package results

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// WriteText prints a summary as tables.
func (s *Summary) WriteText(out io.Writer) error {
	s.head(out)
	t := NewTable(out)
	for _, m := range s.Metrics {
		t.Row(m.shown().Unit, Fixed(m.shown().Value))
	}
	if s.Router != nil {
		t.Row("router CPU s", Fixed(s.Router.CPUSeconds))
		t.Row("router RSS MiB", fmt.Sprintf("%s to %s, at most %s", MiB(s.Router.RSSBefore), MiB(s.Router.RSSAfter),
			MiB(s.Router.RSSMax)))
	}
	t.Flush()
	if len(s.Latency) > 0 {
		l := NewTable(out)
		l.Row("latency ms", "count", "mean", "p50", "p90", "p99", "p99.9", "max")
		for _, name := range slices.Sorted(maps.Keys(s.Latency)) {
			q := s.Latency[name]
			l.Row(name, q.Count, Fixed(q.Mean), Fixed(q.P50), Fixed(q.P90), Fixed(q.P99), Fixed(q.P999), Fixed(q.Max))
		}
		l.Flush()
	}
	_, err := fmt.Fprintln(out, s.verdict())
	return err
}

func (s *Summary) verdict() string {
	switch {
	case s.Ended != "":
		return "ended early: " + s.Ended
	case !s.Clean:
		return "the router failed the check"
	}
	return "ended well"
}

// shown is a figure as tables have it: the memory of a process in MiB, and times in ms, whatever recordings keep them in.
func (m Metric) shown() Metric {
	switch name, unit := cutUnit(m.Unit); {
	case unit == "B" && strings.HasPrefix(name, "rss"):
		return Metric{name + "-MiB", m.Value / (1 << 20)}
	case unit == "s":
		return Metric{name + "-ms", m.Value * 1000}
	}
	return m
}

// cutUnit takes a name as rss-max-B apart at the last hyphen.
func cutUnit(name string) (figure, unit string) {
	i := strings.LastIndexByte(name, '-')
	return name[:max(i, 0)], name[i+1:]
}

// head says what was run, and where.
func (s *Summary) head(out io.Writer) {
	name := s.Run.Scenario
	if s.Run.Label != "" {
		name += " (" + s.Run.Label + ")"
	}
	fmt.Fprintf(out, "%s, %s, %s s\n", name, s.Run.Began.Format("2006-01-02 15:04"), Fixed(s.Seconds))
	fmt.Fprintln(out, "loadtest", strings.Join(s.Run.Args, " "))
	m := s.Run.Machine
	fmt.Fprintf(out, "%s, %d cores, %s GiB, Linux %s, %s, commit %s\n", m.CPU, m.Cores,
		Fixed(float64(m.Memory)/(1<<30)), m.Kernel, m.Go, m.Commit)
}

// WriteComparison prints two summaries side by side, with the quotient of the second and the first.
func WriteComparison(out io.Writer, a, b *Summary) error {
	fmt.Fprint(out, "A: ")
	a.head(out)
	fmt.Fprint(out, "B: ")
	b.head(out)
	t := NewTable(out)
	t.Row("", "A", "B", "B/A")
	for _, m := range a.Metrics {
		if other, ok := b.metric(m.Unit); ok {
			other = Metric{m.Unit, other}.shown().Value
			t.Row(m.shown().Unit, Fixed(m.shown().Value), Fixed(other), quotient(other, m.shown().Value))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.Latency)) {
		x, y := a.Latency[name], b.Latency[name]
		if y.Count == 0 {
			continue
		}
		for _, q := range []struct {
			name string
			x, y float64
		}{{"p50", x.P50, y.P50}, {"p90", x.P90, y.P90}, {"p99", x.P99, y.P99}, {"p99.9", x.P999, y.P999}, {"max", x.Max, y.Max}} {
			t.Row(name+" "+q.name+" ms", Fixed(q.x), Fixed(q.y), quotient(q.y, q.x))
		}
	}
	return t.Flush()
}

func quotient(x, y float64) string {
	if y == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", x/y)
}

// WriteBench prints recordings in the form that benchstat reads: one line for each, runs of one kind under one name.
func WriteBench(out io.Writer, summaries []Summary) error {
	var err error
	var last Machine
	for _, s := range summaries {
		if s.Run.Machine != last {
			last = s.Run.Machine
			fmt.Fprintf(out, "goos: linux\npkg: switchyard/loadtest\ncpu: %s\n", last.CPU)
		}
		if len(s.Metrics) == 0 {
			continue
		}
		fields := []string{"Benchmark" + s.benchName(), "1"}
		for _, m := range s.Metrics {
			fields = append(fields, fmt.Sprintf("%g", m.Value), m.Unit)
		}
		_, err = fmt.Fprintln(out, strings.Join(fields, "\t"))
	}
	return err
}

// benchName is the label of the run, or its scenario, in the words of a benchmark's name.
func (s *Summary) benchName() string {
	name := s.Run.Label
	if name == "" {
		name = s.Run.Scenario
	}
	if name == "" {
		return "Run"
	}
	return strings.ToUpper(name[:1]) + strings.ReplaceAll(name[1:], " ", "-")
}
