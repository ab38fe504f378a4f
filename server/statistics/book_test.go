package statistics

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

var monday = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// TestPeriodsEndByThemselves: day, week and month begin anew when they are over although nobody writes daily lines, and what
// they had is in the next line, if one is written; a clock that is set back does not make them longer.
func TestPeriodsEndByThemselves(t *testing.T) {
	midnight := monday.Truncate(24 * time.Hour)
	f := newFixture(midnight.Add(-48 * time.Hour))
	n := uint64(0)
	use := func(now time.Time) {
		n++
		f.Add(0, n, now)
	}
	counts := func(now time.Time, want ...int64) {
		t.Helper()
		s := f.Read(now)
		if got := s.Values[day:]; got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
			t.Errorf("%s: %d, want %d", now, got, want)
		}
	}
	use(midnight.Add(-30 * time.Hour))
	use(midnight.Add(-time.Hour))
	counts(midnight.Add(-time.Second), 1, 2, 2)
	use(midnight)
	counts(midnight.Add(time.Hour), 1, 1, 3)
	counts(midnight.Add(24*time.Hour), 0, 1, 0) // December
	use(midnight.Add(24 * time.Hour))
	if line := f.DailyLine(midnight.Add(24 * time.Hour)); line != "2026-11-28,0,0,1,2,3,0\n" {
		t.Error(line)
	}
	use(midnight.Add(365 * 24 * time.Hour)) // by mistake
	counts(midnight.Add(48*time.Hour), 1, 1, 1)
	counts(midnight.Add(72*time.Hour), 0, 1, 1)
	counts(midnight.Add(7*24*time.Hour), 0, 0, 1)
}

// TestBookGoesOn: numbers go on after a restart with what was kept, and those of today with today's.
func TestBookGoesOn(t *testing.T) {
	f := newFixture(monday)
	f.values = [...]int64{sent: 5, blocked: 2, stored: 7, open: 3}
	f.set.Add(1)
	kept := f.State(monday.Add(time.Minute), []byte(`{"clean":true}`))

	g := newFixture(monday.Add(time.Hour))
	extra, err := g.SetState(kept)
	if err != nil || string(extra) != `{"clean":true}` {
		t.Errorf("%s %v", extra, err)
	}
	g.values = [...]int64{sent: 1, blocked: 1, stored: -1, open: 9}
	g.set.Add(2)
	s := g.Read(monday.Add(2 * time.Hour))
	for id, want := range map[ID]int64{sent: 6, blocked: 3, stored: 6, open: 9, day: 2, week: 2, month: 2} {
		if s.Values[id] != want {
			t.Errorf("%d: %d, want %d", id, s.Values[id], want)
		}
	}
	if n := g.Today(blocked, monday.Add(2*time.Hour)); n != 3 {
		t.Errorf("%d today", n)
	}
	if n := g.Today(blocked, monday.Add(24*time.Hour)); n != 0 {
		t.Errorf("%d the next day", n)
	}
	h := newFixture(monday.Add(30 * time.Hour))
	if _, err := h.SetState(kept); err != nil {
		t.Error(err)
	}
	if n := h.Today(blocked, monday.Add(30*time.Hour)); n != 0 {
		t.Errorf("%d after a restart the next day", n)
	}
	if line := h.DailyLine(monday.Add(30 * time.Hour)); line != "2026-11-30,5,7,1,,1,0\n" {
		t.Error(line)
	}
	h.SetBase(stored, 10)
	if s := h.Read(monday.Add(30 * time.Hour)); s.Values[stored] != 10 || s.Values[sent] != 0 {
		t.Errorf("%d", s.Values)
	}
	if _, err := h.SetState([]byte("{")); err == nil {
		t.Error("half a state is read")
	}
}

// TestLines: the control port's lines, some for the administrator alone.
func TestLines(t *testing.T) {
	f := newFixture(monday.Add(123450 * time.Microsecond))
	f.values = [...]int64{1, 2, 3, 4}
	s := f.Read(monday)
	want := "fromTime: 2026-11-30 12:00:00.12345 UTC\nsent: 1\npair: (4,2)\n"
	if got := table.TellLines(&s, false); got != want {
		t.Error(got)
	}
	if got := table.TellLines(&s, true); got != want+"secret: 3\n" {
		t.Error(got)
	}
}

// TestText: the metrics are what a reader of the format finds in them.
func TestText(t *testing.T) {
	f := newFixture(monday)
	f.values = [...]int64{1, 2, 3, 4}
	s := f.Read(monday.Add(1500 * time.Millisecond))
	text := string(table.AppendText(nil, &s))
	want := `# Recorded at: 2026-11-30T12:00:01.5Z
# Stats from: 2026-11-30T12:00:00Z

# One
# ---

# HELP x_sent Sent.
# TYPE x_sent counter
x_sent 1 1796040001500
# msgSent

# HELP x_open Open.
# TYPE x_open gauge
x_open{type="a"} 4 1796040001500
x_open{type="b"} 0 1796040001500

# Two
# ---
# HELP x_info Info.
# TYPE x_info gauge
x_info{version="1",rts_options="set X_OPTIONS"} 1

`
	if text != want {
		t.Error(text)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil || len(families) != 3 {
		t.Error(err, families)
	}
}
