package results

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Summary is what a recording says in all, for tables, JSON and pages.
type Summary struct {
	Run     Run                  `json:"run"`
	Seconds float64              `json:"seconds"`
	Metrics []Metric             `json:"metrics"`
	Latency map[string]Latencies `json:"latency,omitempty"` // by name, and by "name, phase" when there were several phases
	Router  *Use                 `json:"router,omitempty"`  // what the ticks saw of its process
	Clean   bool                 `json:"clean"`
	Ended   string               `json:"ended,omitempty"` // why the run ended early

	sizes map[string]float64 // all numbers at the top of the report, by their names
}

// counts reports whether the figures of the run are those of a router that did what it should, to the end.
func (s *Summary) counts() bool { return s.Clean && s.Ended == "" }

// cutOff is why a run ended whose recording has no last line.
const cutOff = "the harness ended before the run"

// Summarize computes the summary of a recording.
func (r *Recording) Summarize() Summary {
	s := Summary{Run: r.Run, Latency: r.latencies(), Router: r.use(), Ended: cutOff}
	if n := len(r.Ticks); n > 0 {
		s.Seconds = r.Ticks[n-1].At
	}
	if r.Result != nil {
		s.Metrics, s.Clean, s.Ended = r.Result.Metrics, r.Result.Clean, r.Result.Ended
		s.sizes = r.Result.numbers()
	}
	return s
}

// numbers are those at the top of the report, by their names.
func (r *Result) numbers() map[string]float64 {
	var fields map[string]json.RawMessage // what is below stays as it is: a report may be deep
	if json.Unmarshal(r.Report, &fields) != nil {
		return nil
	}
	numbers := make(map[string]float64)
	for name, value := range fields {
		var n *float64
		if json.Unmarshal(value, &n) == nil && n != nil {
			numbers[name] = *n
		}
	}
	return numbers
}

// latencies are the quantiles of all histograms, those of each phase included when there are several.
func (r *Recording) latencies() map[string]Latencies {
	all := make(map[string]Latencies)
	phases := r.phases()
	for _, name := range r.histograms() {
		all[name] = quantilesOf(r.Latency(name, ""))
		for _, phase := range phases {
			if h := r.Latency(name, phase); h != nil && len(phases) > 1 {
				all[name+", "+phase] = quantilesOf(h)
			}
		}
	}
	return all
}

// phases are those in which something was recorded, in their order.
func (r *Recording) phases() (phases []string) {
	for _, t := range r.Ticks {
		if len(t.Latency) > 0 && t.Phase != "" && !slices.Contains(phases, t.Phase) {
			phases = append(phases, t.Phase)
		}
	}
	return phases
}

// histograms are the names of all histograms with content, sorted.
func (r *Recording) histograms() []string {
	names := make(map[string]bool)
	for i := range r.Ticks {
		for name := range r.Ticks[i].Latency {
			if !names[name] && r.Ticks[i].histogram(name) != nil {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// counters are the names of all counts, sorted.
func (r *Recording) counters() []string {
	names := make(map[string]bool)
	for i := range r.Ticks {
		for name := range r.Ticks[i].Counts {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// use is what the ticks say of the router's process; nil when it was not measured.
func (r *Recording) use() *Use {
	u := Use{}
	for i, t := range r.Ticks {
		if i == 0 {
			u.RSSBefore = t.RSS
		}
		u.CPUSeconds, u.RSSAfter = t.CPU, t.RSS
		u.RSSMax = max(u.RSSMax, t.RSS)
	}
	if u.RSSMax == 0 {
		return nil
	}
	return &u
}

// metric finds a figure by its unit.
func (s *Summary) metric(unit string) (float64, bool) {
	for _, m := range s.Metrics {
		if m.Unit == unit {
			return m.Value, true
		}
	}
	return 0, false
}

// point is one value of a series over time.
type point struct{ x, y float64 }

// rates is how often a counter was counted up in each second, over time.
func (r *Recording) rates(counter string) (line []point) {
	var at float64
	var count int64
	for _, t := range r.Ticks {
		n, there := t.Counts[counter]
		switch dt := t.At - at; {
		case there && dt > minInterval:
			line = append(line, point{t.At, float64(n-count) / dt})
			at, count = t.At, n
		case there && at == 0:
			count = n // of the warm-up
		}
	}
	return line
}

// minInterval is the shortest time, in seconds, of which a rate says anything.
const minInterval = 0.05

// cpu is the router's use of cores over time, in percent of one core.
func (r *Recording) cpu() (line []point) {
	var at, used float64
	for _, t := range r.Ticks {
		if dt := t.At - at; dt > minInterval {
			line = append(line, point{t.At, max(0, t.CPU-used) / dt * 100})
			at, used = t.At, t.CPU
		}
	}
	return line
}

// rss is the router's resident memory over time, in MiB.
func (r *Recording) rss() (line []point) {
	for _, t := range r.Ticks {
		line = append(line, point{t.At, float64(t.RSS) / (1 << 20)})
	}
	return line
}

// quantile is a quantile (0 to 100) of each interval over time, in milliseconds.
func (r *Recording) quantile(name string, q float64) (line []point) {
	for i := range r.Ticks {
		if h := r.Ticks[i].histogram(name); h != nil {
			line = append(line, point{r.Ticks[i].At, valueAt(h, q)})
		}
	}
	return line
}

func valueAt(h *hdrhistogram.Histogram, q float64) float64 {
	if q >= 100 {
		return float64(h.Max()) / 1000
	}
	return float64(h.ValueAtQuantile(q)) / 1000
}
