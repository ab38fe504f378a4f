package results

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
)

// Condition is what a run must not come to, as p99>50ms: the name of a figure, a comparison, and a number. A number with a
// unit of time is in milliseconds then, and one with KiB, MiB or GiB in bytes, as figures are.
type Condition struct {
	Text     string
	name     string
	relation string
	bound    float64
}

// relations are the comparisons; those of two characters first.
var relations = []string{">=", "<=", "!=", "==", ">", "<"}

// ParseCondition reads one.
func ParseCondition(text string) (c Condition, err error) {
	at, relation := -1, ""
	for _, r := range relations {
		if i := strings.Index(text, r); i >= 0 && (at < 0 || i < at) {
			at, relation = i, r
		}
	}
	if at < 0 {
		return c, fmt.Errorf("%q has no comparison: write FIGURE>NUMBER, as p99>50ms", text)
	}
	c = Condition{Text: text, name: strings.TrimSpace(text[:at]), relation: relation}
	if c.name == "" {
		return c, fmt.Errorf("%q names no figure: write FIGURE>NUMBER, as p99>50ms", text)
	}
	number := strings.TrimSpace(text[at+len(relation):])
	if c.bound, err = parseBound(number); err != nil {
		return c, fmt.Errorf("%q is no number: write 50, 50ms, 1.5s or 64MiB", number)
	}
	return c, nil
}

var sizes = map[string]float64{"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

func parseBound(text string) (float64, error) {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return n, nil
	}
	for unit, size := range sizes {
		if number, ok := strings.CutSuffix(text, unit); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			return n * size, err
		}
	}
	d, err := time.ParseDuration(text)
	return Millis(d), err
}

// Meets tells of the figures of a run whether they come to the condition, and the value that it is about. An error is that
// there is no such figure.
func (c Condition) Meets(figures map[string]float64) (met bool, value float64, err error) {
	value, ok := figures[c.name]
	if !ok {
		names := slices.Sorted(maps.Keys(figures))
		return false, 0, fmt.Errorf("%s: the run has no figure %s; the nearest is %s, and all are %s",
			c.Text, c.name, nearest(c.name, names), strings.Join(names, ", "))
	}
	switch c.relation {
	case ">":
		met = value > c.bound
	case "<":
		met = value < c.bound
	case ">=":
		met = value >= c.bound
	case "<=":
		met = value <= c.bound
	case "==":
		met = value == c.bound
	case "!=":
		met = value != c.bound
	}
	return met, value, nil
}

func nearest(name string, names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return slices.MinFunc(names, func(a, b string) int {
		return levenshtein.ComputeDistance(name, a) - levenshtein.ComputeDistance(name, b)
	})
}

// quantiles are the figures of the latency that conditions may name alone.
var quantiles = []string{"mean", "p50", "p90", "p99", "p999", "max"}

// Figures are the numbers of a report by their names: those by which runs are compared, and all of its JSON, with a dot
// between a name and the name of what it is in. p99 and others alone are those of the delivery, or else of the first latency
// that there is.
func Figures(r Report) (map[string]float64, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		return nil, err
	}
	figures := make(map[string]float64)
	flatten(figures, "", tree)
	for _, m := range r.Metrics() {
		figures[m.Unit] = m.Value
	}
	for _, q := range quantiles {
		if _, taken := figures[q]; taken {
			continue
		}
		if n, ok := shortcut(figures, q); ok {
			figures[q] = n
		}
	}
	return figures, nil
}

func flatten(into map[string]float64, prefix string, tree map[string]any) {
	for name, v := range tree {
		switch v := v.(type) {
		case float64:
			into[prefix+name] = v
		case map[string]any:
			flatten(into, prefix+name+".", v)
		}
	}
}

// shortcut finds the figure that a quantile alone stands for.
func shortcut(figures map[string]float64, quantile string) (float64, bool) {
	first := ""
	for _, name := range slices.Sorted(maps.Keys(figures)) {
		if !strings.HasSuffix(name, "."+quantile) {
			continue
		}
		if strings.HasSuffix(name, "delivery."+quantile) {
			return figures[name], true
		}
		if first == "" {
			first = name
		}
	}
	n, ok := figures[first]
	return n, ok
}
