package results

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// lossy is the report of a router that lost something.
type lossy struct{}

func (lossy) Metrics() []Metric {
	return []Metric{{"msgs/s", 2222.2}, {"cpu-µs/msg", 250}, {"rss-B", 90 << 20}}
}
func (lossy) Clean() bool               { return false }
func (lossy) WriteText(io.Writer) error { return nil }

// recorded writes a recording as a scenario would, and reads it again.
func recorded(t *testing.T, label string) *Recording {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run.jsonl")
	rec, err := CreateRecording(path, Run{Scenario: "messages", Label: label, Args: []string{"messages", "--rate", "5"},
		Machine: ThisMachine()})
	if err != nil {
		t.Fatal(err)
	}
	if got := rec.Path(".cpu.pprof"); got != strings.TrimSuffix(path, ".jsonl")+".cpu.pprof" {
		t.Errorf("profile in %s", got)
	}
	h, delivered := NewHistogram(), int64(0)
	h.Take()
	for phase, ms := range map[string]int{"quiet": 10, "storm": 100} {
		for range 50 {
			h.Record(time.Duration(ms) * time.Millisecond)
			delivered++
		}
		rec.Tick(Tick{At: float64(delivered) / 10, Phase: phase, CPU: 0.5, RSS: 2 << 20,
			Counts: map[string]int64{"delivered": delivered, "connections": 7}, Latency: map[string][]byte{"delivery": h.Take()}})
	}
	if err := rec.Finish(lossy{}, nil); err != nil {
		t.Fatal(err)
	}
	got, err := LoadRecording(path)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestRecordingRoundTrip(t *testing.T) {
	r := recorded(t, "row")
	if r.Run.Scenario != "messages" || r.Run.Label != "row" || r.Run.Machine.Cores < 1 || r.Result == nil {
		t.Fatalf("%+v", r)
	}
	s := r.Summarize()
	if q := s.Latency["delivery"]; q.Count != 100 || q.P99 < 99 || q.P99 > 101 {
		t.Errorf("latency of all phases %+v", q)
	}
	if q := s.Latency["delivery, quiet"]; q.Count != 50 || q.Max > 10.1 {
		t.Errorf("latency of a phase %+v", q)
	}
	if v, ok := s.metric("cpu-µs/msg"); !ok || v != 250 {
		t.Errorf("metrics %v", s.Metrics)
	}
	if s.Router == nil || s.Router.RSSMax < 1<<20 || s.Clean || s.Ended != "" {
		t.Errorf("%+v", s)
	}
	if last := r.Ticks[len(r.Ticks)-1]; last.Counts["delivered"] != 100 || last.At <= 0 {
		t.Errorf("last tick %+v", last)
	}
}

func TestRecordingThatIsCutOff(t *testing.T) {
	var whole bytes.Buffer
	whole.WriteString(`{"run":{"format":1,"scenario":"idle"}}` + "\n")
	head := whole.Len()
	whole.WriteString(`{"tick":{"t":1,"cpu":0.5,"rss":4096}}` + "\n" + `{"result":{"report":{},"metrics":[],"clean":true}}` + "\n")
	for n := range whole.Len() {
		r, err := ReadRecording(bytes.NewReader(whole.Bytes()[:n]))
		if n < head-1 {
			if !errors.Is(err, errNoRecording) {
				t.Fatalf("%d bytes: %v", n, err)
			}
			continue
		}
		if err != nil || r.Summarize().Ended != cutOff && r.Result == nil {
			t.Fatalf("%d bytes: %+v, %v", n, r, err)
		}
	}
	for _, bad := range []string{`{"run":{"format":2}}`, `{"tick":{}}`, `[]`, "\n"} {
		if _, err := ReadRecording(strings.NewReader(bad)); !errors.Is(err, errNoRecording) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestFilesLargerThanRecordings are refused before they are large in memory, too.
func TestFilesLargerThanRecordings(t *testing.T) {
	head := `{"run":{"format":1}}` + "\n"
	series := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"%d":1`, i)
		}
		return `{"tick":{"n":{` + b.String()[1:] + "}}}\n"
	}
	histogram := `{"tick":{"h":{"x":"` + strings.Repeat("A", 3<<20) + `"}}}` + "\n"
	for name, text := range map[string]string{
		"a line":     head + `{"tick":{"phase":"` + strings.Repeat("x", maxLine) + `"}}`,
		"ticks":      head + strings.Repeat(`{"tick":{}}`+"\n", maxTicks+1),
		"series":     head + series(maxSeries+1),
		"counts":     head + strings.Repeat(series(maxSeries), maxSamples/maxSeries+1),
		"histograms": head + strings.Repeat(histogram, maxEncoded/(9<<18)+1),
	} {
		if _, err := ReadRecording(strings.NewReader(text)); !errors.Is(err, errLargeRecording) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if r, err := ReadRecording(strings.NewReader(head + series(maxSeries) + histogram)); err != nil || len(r.Ticks) != 2 {
		t.Error(err)
	}
}

func FuzzReadRecording(f *testing.F) {
	f.Add([]byte(`{"run":{"format":1}}` + "\n" + `{"tick":{"t":1,"cpu":0.5,"rss":4096,"n":{"x":5},"h":{"y":"SElTVA=="}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ReadRecording(bytes.NewReader(data))
		if err != nil {
			return
		}
		if err := WritePage(io.Discard, []*Recording{r}, r); err != nil {
			t.Error(err)
		}
	})
}

func TestPage(t *testing.T) {
	a, b := recorded(t, ""), recorded(t, `<b>"label"`)
	for name, write := range map[string]func(io.Writer) error{
		"two runs":     func(w io.Writer) error { return WritePage(w, []*Recording{a, b}, nil) },
		"side by side": func(w io.Writer) error { return WritePage(w, []*Recording{b}, a) },
		"nothing":      func(w io.Writer) error { return WritePage(w, []*Recording{{}}, nil) },
	} {
		var page strings.Builder
		if err := write(&page); err != nil {
			t.Fatal(err)
		}
		text := page.String()
		if strings.Contains(text, "<b>") || strings.Contains(text, "http") || strings.Contains(text, "<script") {
			t.Errorf("%s: the page has what it should not have", name)
		}
		if n := strings.Count(text, "<svg"); (n == 0) != (name == "nothing") || strings.Contains(text, "NaN") {
			t.Errorf("%s: %d plots", name, n)
		}
		for _, svg := range strings.SplitAfter(text, "</svg>") {
			if i := strings.Index(svg, "<svg"); i >= 0 {
				wellFormed(t, svg[i:])
			}
		}
	}
}

func wellFormed(t *testing.T, text string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	}
}

func TestAxis(t *testing.T) {
	for _, a := range []axis{{lo: 0, hi: 7}, {lo: 0, hi: 0}, {lo: 3, hi: 3}, {lo: 0.001, hi: 0.0042}, {lo: -5, hi: 1e7},
		{lo: 0.02, hi: 900, log: true}, {lo: 1, hi: 1, log: true}} {
		lo, hi := a.lo, a.hi
		a.scale()
		if a.lo > lo || a.hi < hi || a.hi <= a.lo || len(a.marks) < 2 || len(a.marks) > 12 {
			t.Errorf("%v to %v: %+v", lo, hi, a)
		}
		if p := a.place(hi); p < 0 || p > 1 || math.IsNaN(p) {
			t.Errorf("%v lies at %v", hi, p)
		}
	}
	for v, want := range map[float64]string{0: "0", 0.5: "0.5", 1200: "1200", 12000: "12k", 2_500_000: "2.5M"} {
		if got := number(v); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
}

func TestBenchLines(t *testing.T) {
	var out strings.Builder
	s := []Summary{recorded(t, "message plain").Summarize(), {Run: Run{Scenario: "x"}}}
	if err := WriteBench(&out, s); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "\nBenchmarkMessage-plain\t1\t2222.2\tmsgs/s\t250\tcpu-µs/msg\t") {
		t.Errorf("%s", out.String())
	}
}

func TestComparison(t *testing.T) {
	a, b := recorded(t, "a").Summarize(), recorded(t, "b").Summarize()
	b.Metrics[1].Value *= 2
	var out strings.Builder
	if err := WriteComparison(&out, &a, &b); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{"cpu-µs/msg 250 500 2.00", "delivery p50 ms 10.0 10.0 1.00"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, out.String())
		}
	}
}
