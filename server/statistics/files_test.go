package statistics

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/internal/clockstep"
)

// TestDailyLines: a line at each midnight; week and month have their numbers on Mondays and on the first; counters begin anew
// and levels do not; the book is kept each minute, and the metrics written in their time.
func TestDailyLines(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(time.Now()) // 2000-01-01, a Saturday
		kept, texts := 0, 0
		files := &Files{
			Book: f.Book, Daily: filepath.Join(dir, "daily.log"), Log: slog.New(slog.DiscardHandler),
			Metrics: filepath.Join(dir, "metrics.txt"), Every: 6 * time.Hour,
			Text: func(now time.Time) []byte {
				texts++
				s := f.Read(now)
				return table.AppendText(nil, &s)
			},
			Keep: func(time.Time) error { kept++; return nil },
		}
		ctx, cancel := context.WithCancel(t.Context())
		go files.Run(ctx)
		for day := range uint64(32) {
			<-time.After(12 * time.Hour)
			synctest.Wait()
			f.values[sent]++
			f.values[stored]++
			f.values[blocked]++
			f.set.Add(1 << 40 * (day + 1))
			if n := f.Today(blocked, time.Now()); n != 1 {
				t.Errorf("day %d: %d today", day, n)
			}
			<-time.After(12 * time.Hour)
			synctest.Wait()
		}
		cancel()
		synctest.Wait()
		if kept != 32*24*60-1 && kept != 32*24*60 || texts < 32*4-1 {
			t.Errorf("kept %d times, metrics %d times", kept, texts)
		}
	})
	lines := readLines(t, filepath.Join(dir, "daily.log"))
	if len(lines) != 32 {
		t.Fatalf("%d lines", len(lines))
	}
	for n, want := range map[int]string{
		0:  "2000-01-01,1,1,1,,,0", // of Saturday
		1:  "2000-01-02,1,2,1,2,,0",
		2:  "2000-01-03,1,3,1,,,0",
		8:  "2000-01-09,1,9,1,7,,0",
		30: "2000-01-31,1,31,1,,31,0",
		31: "2000-02-01,1,32,1,,,0",
	} {
		if lines[n] != want {
			t.Errorf("line %d: %s, want %s", n, lines[n], want)
		}
	}
	if text := readLines(t, filepath.Join(dir, "metrics.txt")); !strings.HasPrefix(text[0], "# Recorded at: 2000-02-0") {
		t.Error(text[0])
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.new")); len(left) > 0 {
		t.Error(left)
	}
}

func readLines(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// TestFilesThatCannotBeWritten: the writer goes on, and says so.
func TestFilesThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(time.Now())
		var log strings.Builder
		files := &Files{Book: f.Book, Daily: filepath.Join(dir, "no", "daily"), Metrics: filepath.Join(dir, "no", "metrics"), Every: 24 * time.Hour,
			Text: func(time.Time) []byte { return nil }, Log: slog.New(slog.NewTextHandler(&log, nil))}
		ctx, cancel := context.WithCancel(t.Context())
		go files.Run(ctx)
		<-time.After(48*time.Hour + time.Second)
		cancel()
		synctest.Wait()
		for _, what := range []string{"cannot write the statistics of the day", "cannot write the metrics"} {
			if strings.Count(log.String(), what) != 2 {
				t.Errorf("%s: %s", what, log.String())
			}
		}
	})
}

// Each midnight passes once, and soon, whatever is done to the system's clock.
func TestMidnight(t *testing.T) {
	now := clockstep.At(time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC))
	m := newMidnight(now)
	for i, step := range []struct {
		passes, set time.Duration
		passed      bool
	}{
		{59 * time.Minute, 0, false},
		{time.Minute, 0, true},
		{time.Minute, 0, false},
		{time.Hour, -2 * time.Hour, false}, // 23:01 again
		{time.Hour, 0, true},
		{time.Minute, 48 * time.Hour, true},
		{time.Minute, -72 * time.Hour, false}, // a day too far
		{24 * time.Hour, 0, true},
		{time.Minute, 0, false},
	} {
		if wait := m.wait(now); wait <= 0 || wait > time.Minute {
			t.Errorf("step %d: waits for %v", i, wait)
		}
		now = clockstep.Set(now.Add(step.passes), step.set)
		if passed := m.passed(now); passed != step.passed {
			t.Errorf("step %d: %v: passed %v", i, now, passed)
		}
	}
}
