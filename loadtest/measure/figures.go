package measure

import (
	"bytes"
	"errors"
	"fmt"
	"math"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"switchyard/loadtest/results"
)

// The figures that are read. Those of stages have the label stageLabel.
const (
	stageFigure = "switchyard_stage_seconds"
	drainFigure = "switchyard_drain_commands"
	groupFigure = "switchyard_commit_group"

	closedFigure  = "switchyard_connections_closed_total"
	refusedFigure = "switchyard_refused_total"
	causeLabel    = "cause"
)

// Figures is a reading of them: histograms by figure, and by stage; and counters by cause.
type Figures struct {
	stages       map[string]*dto.Histogram
	drain, group *dto.Histogram
	causes       map[string]int64
}

// FiguresText is what the router says of its figures.
func FiguresText(address string) ([]byte, error) { return askProfiler(address, figuresPage, nil) }

const figuresPage = "/metrics"

// FetchFigures reads the router's figures. A router that has none is no error: another version, or the reference.
func FetchFigures(address string) (*Figures, error) {
	text, err := FiguresText(address)
	if errors.Is(err, errNoPage) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", figuresPage, err)
	}
	return readFigures(families), nil
}

func readFigures(families map[string]*dto.MetricFamily) *Figures {
	f := &Figures{stages: make(map[string]*dto.Histogram), causes: make(map[string]int64)}
	for _, m := range families[stageFigure].GetMetric() {
		f.stages[label(m, results.StageLabel)] = m.GetHistogram()
	}
	for figure, kind := range map[string]string{closedFigure: "closed.", refusedFigure: "refused."} {
		for _, m := range families[figure].GetMetric() {
			f.causes[kind+label(m, causeLabel)] = int64(m.GetCounter().GetValue())
		}
	}
	f.drain, f.group = only(families[drainFigure]), only(families[groupFigure])
	return f
}

func label(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}

// only is the histogram of a figure without labels, nil when there is none.
func only(f *dto.MetricFamily) *dto.Histogram {
	if len(f.GetMetric()) != 1 {
		return nil
	}
	return f.GetMetric()[0].GetHistogram()
}

// Since is the work between an earlier reading and this one; nil when there is none of either.
func (f *Figures) Since(earlier *Figures) *results.Work {
	if f == nil || earlier == nil {
		return nil
	}
	w := &results.Work{}
	w.Drain, _ = mean(earlier.drain, f.drain)
	w.Group, w.Syncs = mean(earlier.group, f.group)
	for _, stage := range results.StageNames {
		before, after := earlier.stages[stage], f.stages[stage]
		times := int64(after.GetSampleCount() - before.GetSampleCount())
		if times > 0 {
			w.Stages = append(w.Stages, results.StageWork{Stage: stage, Times: times, Seconds: after.GetSampleSum() - before.GetSampleSum(),
				P99: 1000 * quantile(before, after, 0.99)})
		}
	}
	return w
}

// CausesSince is what was counted between an earlier reading and this one, by cause.
func (f *Figures) CausesSince(earlier *Figures) map[string]int64 {
	if f == nil || earlier == nil {
		return nil
	}
	all := make(map[string]int64)
	for cause, n := range f.causes {
		if n -= earlier.causes[cause]; n > 0 {
			all[cause] = n
		}
	}
	return all
}

// quantile is about the given quantile of what a histogram has counted meanwhile: it lies somewhere in its bucket.
func quantile(before, after *dto.Histogram, q float64) float64 {
	counted := func(i int) float64 {
		n := after.GetBucket()[i].GetCumulativeCount()
		if i < len(before.GetBucket()) {
			n -= before.GetBucket()[i].GetCumulativeCount()
		}
		return float64(n)
	}
	rank := q * float64(after.GetSampleCount()-before.GetSampleCount())
	lower, below := 0.0, 0.0
	for i, b := range after.GetBucket() {
		upper, n := b.GetUpperBound(), counted(i)
		if n >= rank && n > below && !math.IsInf(upper, 1) {
			return lower + (upper-lower)*(rank-below)/(n-below)
		}
		lower, below = upper, n
	}
	return lower
}

// mean is the mean of what a histogram has counted meanwhile, and how often.
func mean(before, after *dto.Histogram) (float64, int64) {
	n := int64(after.GetSampleCount() - before.GetSampleCount())
	if n <= 0 {
		return 0, 0
	}
	return (after.GetSampleSum() - before.GetSampleSum()) / float64(n), n
}
