package results

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// sized is a run of a size whose figure is 1000 + 5 × size, off by a part.
func sized(size, off float64) *Recording {
	report, err := json.Marshal(map[string]any{"connections": size, "name": "x"})
	if err != nil {
		panic(err)
	}
	return &Recording{Result: &Result{Report: report, Clean: true,
		Metrics: []Metric{{"rss-B", (1000 + 5*size) * (1 + off)}, {"only-here", 1}}}}
}

func TestExtrapolate(t *testing.T) {
	runs := []*Recording{sized(100, 0), sized(200, 0), sized(400, 0)}
	runs[1].Result.Metrics = runs[1].Result.Metrics[:1]
	lines, err := Extrapolate(runs, "connections", 10_000)
	if err != nil || len(lines) != 1 {
		t.Fatalf("%v, %v", lines, err)
	}
	if l := lines[0]; l.Unit != "rss-B" || math.Abs(l.At-51_000) > 1e-6 || math.Abs(l.Per-5) > 1e-9 || l.Off > 1e-9 {
		t.Errorf("%+v", l)
	}
	if lines, err := Extrapolate(append(runs, sized(300, 0.1)), "connections", 1); err != nil || lines[0].Off < 0.01 {
		t.Errorf("%+v, %v", lines, err)
	}
	var out strings.Builder
	if err := WriteLines(&out, lines, "connections", 10_000); err != nil || !strings.Contains(out.String(), "51000") {
		t.Errorf("%s, %v", out.String(), err)
	}
}

func TestExtrapolateRefuses(t *testing.T) {
	cut := sized(3, 0)
	cut.Result = nil
	for name, runs := range map[string][]*Recording{
		"two sizes": {sized(1, 0), sized(2, 0), sized(2, 0)}, "one that was cut off": {sized(1, 0), sized(2, 0), cut},
	} {
		if _, err := Extrapolate(runs, "connections", 1); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, by := range []string{"name", "unknown"} {
		if _, err := Extrapolate([]*Recording{sized(1, 0), sized(2, 0), sized(3, 0)}, by, 1); err == nil {
			t.Errorf("by %s: no error", by)
		}
	}
}
