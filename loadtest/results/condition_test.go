package results

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
)

// numbered is a report of two latencies.
type numbered struct {
	Lost     int       `json:"lost"`
	Name     string    `json:"name"`
	Answer   Latencies `json:"answer"`
	Delivery Latencies `json:"delivery"`
	Router   struct {
		RSS float64 `json:"rss"`
	} `json:"router"`
}

func (n *numbered) Metrics() []Metric         { return []Metric{{"msgs/s", 123.5}} }
func (n *numbered) Clean() bool               { return true }
func (n *numbered) WriteText(io.Writer) error { return nil }

func TestConditions(t *testing.T) {
	n := &numbered{Lost: 2, Answer: Latencies{P99: 3}, Delivery: Latencies{P99: 50, P999: 80}}
	n.Router.RSS = 100 << 20
	figures, err := Figures(n)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"p99>50ms": false, "p99>=50ms": true, "p99 > 49.9": true, "p999>0.08s": false, "p999>0.07s": true, "answer.p99<1ms": false,
		"answer.p99 < 3001us": true, "msgs/s<200": true, "msgs/s==123.5": true, "lost!=0": true, "lost>2": false, "lost<=2": true,
		"router.rss>64MiB": true, "router.rss > 1 GiB": false, "delivery.p50>0": false,
	} {
		c, err := ParseCondition(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if met, _, err := c.Meets(figures); err != nil || met != want {
			t.Errorf("%s: %v, %v", text, met, err)
		}
	}
	for text, want := range map[string]string{
		"p99": "no comparison", ">5": "names no figure", "p99>": "no number", "p99>fast": "no number", "p99>5parsecs": "no number", "": "no comparison",
	} {
		if _, err := ParseCondition(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	c, err := ParseCondition("lots>0")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Meets(figures); err == nil || !strings.Contains(err.Error(), "the nearest is lost, and all are answer.count, ") {
		t.Error(err)
	}
	if _, _, err := c.Meets(nil); err == nil || !strings.Contains(err.Error(), "the nearest is none") {
		t.Error(err)
	}
	if _, err := json.Marshal(n); err != nil {
		t.Error(err)
	}
}

// FuzzCondition: what parses compares, and says so in one line.
func FuzzCondition(f *testing.F) {
	for _, text := range []string{"p99>50ms", "a==b", "<=>", "x!=1e300GiB", "p99>NaN"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCondition(text)
		if err != nil {
			return
		}
		if _, _, err := c.Meets(map[string]float64{c.name: 1}); err != nil {
			t.Errorf("%q has no figure: %v", text, err)
		}
	})
}
