package results

import (
	_ "embed"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
)

//go:embed page.html.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"fixed": Fixed, "mebi": MiB, "join": func(args []string) string { return strings.Join(args, " ") },
}).Parse(pageText))

// section is what a page shows of one run, or of two side by side.
type section struct {
	Summary Summary
	Other   *Summary // side by side
	Metrics []metricRow
	Latency []latencyRow
	Plots   []template.HTML
}

type metricRow struct {
	Unit            string
	Value           float64
	Other, Quotient string
}

type latencyRow struct {
	Name string
	Latencies
}

// WritePage writes one HTML page for runs. It needs nothing but itself: no script, no font, no image. other may be nil;
// else the only run is shown side by side with it.
func WritePage(out io.Writer, runs []*Recording, other *Recording) error {
	sections := make([]section, 0, len(runs))
	for _, r := range runs {
		sections = append(sections, newSection(r, other))
	}
	return pageTemplate.Execute(out, sections)
}

func newSection(r, other *Recording) section {
	s := section{Summary: r.Summarize(), Plots: plots(r, other)}
	if other != nil {
		o := other.Summarize()
		s.Other = &o
	}
	for _, m := range s.Summary.Metrics {
		row := metricRow{Unit: m.shown().Unit, Value: m.shown().Value}
		if s.Other != nil {
			if v, ok := s.Other.metric(m.Unit); ok {
				row.Other, row.Quotient = Fixed(Metric{m.Unit, v}.shown().Value), quotient(v, m.Value)
			}
		}
		s.Metrics = append(s.Metrics, row)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Summary.Latency)) {
		s.Latency = append(s.Latency, latencyRow{name, s.Summary.Latency[name]})
		if s.Other != nil && s.Other.Latency[name].Count > 0 {
			s.Latency = append(s.Latency, latencyRow{name + " (B)", s.Other.Latency[name]})
		}
	}
	return s
}

// Verdict is how the run ended.
func (s *section) Verdict() string { return s.Summary.verdict() }
