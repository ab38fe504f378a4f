package results

import (
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// clients and subscribed are the counters that go up and down: their value is of interest, of the others it is how fast
// they grow.
var clients = []string{"connections", "crowd"}

const subscribed = "subscribed"

// plots draws all charts of a run; with another run both are in each chart, the other one dashed.
func plots(r, other *Recording) []template.HTML {
	runs := []*Recording{r}
	if other != nil {
		runs = append(runs, other)
	}
	var charts []*chart
	for _, name := range r.histograms() {
		charts = append(charts, percentileChart(name, runs), latencyChart(name, runs))
	}
	rates := &chart{title: "Throughput", yUnit: "a second"}
	held := &chart{title: "Clients", yUnit: "connections"}
	subscriptions := &chart{title: "Subscriptions", yUnit: "queues"}
	cpu := &chart{title: "CPU of the router", yUnit: "% of a core"}
	rss := &chart{title: "Resident memory of the router", yUnit: "MiB"}
	for i, run := range runs {
		for n, name := range run.counters() {
			switch {
			case slices.Contains(clients, name):
				held.add(name, i, n, run.level(name))
			case name == subscribed:
				subscriptions.add(name, i, n, run.level(name))
			default:
				if line := run.rates(name); growing(line) {
					rates.add(name, i, n, line)
				}
			}
		}
		if run.use() != nil {
			cpu.add("CPU", i, 0, run.cpu())
			rss.add("RSS", i, 0, run.rss())
		}
	}
	spans := r.spans()
	var drawn []template.HTML
	for _, c := range append(charts, rates, held, subscriptions, cpu, rss) {
		if c.x.label == "" {
			c.x.label, c.spans = "seconds", spans
		}
		if svg := c.svg(); svg != "" {
			drawn = append(drawn, svg)
		}
	}
	return drawn
}

// RestPhase is a phase in which nothing is measured. Its name is not written into the charts.
const RestPhase = "rest"

// spans are the phases of a run that has several, in their order.
func (r *Recording) spans() (all []span) {
	if len(r.phases()) < 2 {
		return nil
	}
	from, phase := 0.0, ""
	for i, t := range r.Ticks {
		last := i+1 == len(r.Ticks)
		if t.Phase == phase && !last {
			continue
		}
		if end := t.At; phase != "" && phase != RestPhase {
			if !last && i > 0 {
				end = r.Ticks[i-1].At
			}
			all = append(all, span{phase, from, end})
		}
		if phase = t.Phase; i > 0 {
			from = r.Ticks[i-1].At
		}
	}
	return all
}

// add adds a line of the ith run.
func (c *chart) add(name string, run, colour int, line []point) {
	if run > 0 {
		name += " (B)"
	}
	c.series = append(c.series, series{name, line, run > 0, colour})
}

// growing reports whether a rate was ever above 0.
func growing(line []point) bool {
	return slices.ContainsFunc(line, func(p point) bool { return p.y > 0 })
}

// level is a counter over time.
func (r *Recording) level(counter string) (line []point) {
	for _, t := range r.Ticks {
		if n, ok := t.Counts[counter]; ok {
			line = append(line, point{t.At, float64(n)})
		}
	}
	return line
}

// latencyChart shows quantiles of each interval over time.
func latencyChart(name string, runs []*Recording) *chart {
	c := &chart{title: title(name) + " latency over time", yUnit: "ms", y: axis{log: true}}
	for i, r := range runs {
		for n, q := range []struct {
			name string
			q    float64
		}{{"p50", 50}, {"p99", 99}, {"max", 100}} {
			c.add(q.name, i, n, r.quantile(name, q.q))
		}
	}
	return c
}

// percentileChart shows the whole distribution; each mark on its axis has a tenth of the values above it that the last
// one had.
func percentileChart(name string, runs []*Recording) *chart {
	c := &chart{title: title(name) + " latency by percentile", yUnit: "ms", y: axis{log: true}}
	c.x = axis{label: "percentile", marks: []mark{{0, "0"}, {nines(50), "50"}, {nines(90), "90"}, {nines(99), "99"},
		{nines(99.9), "99.9"}, {nines(99.99), "99.99"}, {nines(99.999), "99.999"}}}
	for i, r := range runs {
		phases := []string{""}
		if p := r.phases(); len(p) > 1 {
			phases = p
		}
		for n, phase := range phases {
			if h := r.Latency(name, phase); h != nil {
				label := phase
				if label == "" {
					label = name
				}
				c.add(label, i, n, distribution(h))
			}
		}
	}
	return c
}

// nines is how many nines a percentile has: 1 for 90, 2 for 99.
func nines(percentile float64) float64 { return -math.Log10(1 - percentile/100) }

// percentileSteps is how many points there are for each nine.
const percentileSteps = 20

// distribution is the values of a histogram over the nines of their percentiles, as far as there are values.
func distribution(h *hdrhistogram.Histogram) (line []point) {
	last := math.Log10(max(2, float64(h.TotalCount())))
	for i := 0; ; i++ {
		x := float64(i) / percentileSteps
		if x > last {
			return append(line, point{last, valueAt(h, 100)})
		}
		line = append(line, point{x, valueAt(h, 100*(1-math.Pow(10, -x)))})
	}
}

func title(name string) string {
	if name == "" {
		return name
	}
	return strings.ToUpper(name[:1]) + name[1:]
}
