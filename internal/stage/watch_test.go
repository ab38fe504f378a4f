package stage

import (
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// counts gathers a Watch: how often each stage was measured, and the histogram of the drains.
func counts(t *testing.T, w *Watch) (map[string]uint64, *dto.Histogram) {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(w)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	times := make(map[string]uint64)
	var drains *dto.Histogram
	for _, f := range families {
		for _, m := range f.GetMetric() {
			switch name, _ := strings.CutPrefix(f.GetName(), "switchyard_"); name {
			case "drain_commands":
				drains = m.GetHistogram()
			case "stage_seconds":
				times[m.GetLabel()[0].GetValue()] = m.GetHistogram().GetSampleCount()
			default:
				times[name] = m.GetHistogram().GetSampleCount()
			}
		}
	}
	return times, drains
}

func TestWatchCountsStages(t *testing.T) {
	w := NewWatch()
	for s := range stages {
		if s.String() == "" {
			t.Fatalf("stage %d has no name", s)
		}
		for range s + 1 {
			w.Begin(s).End()
		}
	}
	w.Waited(Ring, w.Now())
	w.Drained(0)
	w.Drained(3)
	w.DrainTook(w.Now())
	w.Delivered(time.Time{}) // of commands that came before anybody watched
	w.Delivered(w.Now())
	w.Delivered(w.Now())
	times, drains := counts(t, w)
	for s := range stages {
		want := uint64(s) + 1
		if s == Ring {
			want++
		}
		if times[s.String()] != want {
			t.Errorf("%s was counted %d times, want %d", s, times[s.String()], want)
		}
	}
	if times["drain_seconds"] != 1 || times["delivery_seconds"] != 2 {
		t.Errorf("drains and deliveries: %v", times)
	}
	if drains.GetSampleCount() != 1 || drains.GetSampleSum() != 3 {
		t.Errorf("drains: %v", drains)
	}
}

// labelled tells whether a goroutine has the label of a stage now.
func labelled(t *testing.T, s Stage) bool {
	var out strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&out, 1); err != nil {
		t.Fatal(err)
	}
	return strings.Contains(out.String(), `"stage":"`+s.String()+`"`)
}

func TestSpanLabelsTheGoroutine(t *testing.T) {
	span := NewWatch().Begin(Verify)
	if !labelled(t, Verify) {
		t.Error("no label while the stage is under way")
	}
	span.End()
	if labelled(t, Verify) {
		t.Error("the label stays")
	}
}

func TestNothingIsAllocated(t *testing.T) {
	for name, w := range map[string]*Watch{"nil": nil, "a watch": NewWatch()} {
		n := testing.AllocsPerRun(100, func() {
			span := w.Begin(Apply)
			w.Waited(Ring, w.Now())
			w.Drained(7)
			w.DrainTook(w.Now())
			w.Delivered(w.Now())
			span.End()
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkSpan(b *testing.B) {
	for _, c := range []struct {
		name  string
		watch *Watch
	}{{"off", nil}, {"on", NewWatch()}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.watch.Begin(Apply).End()
			}
		})
	}
}
