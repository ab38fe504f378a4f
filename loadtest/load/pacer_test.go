package load

import (
	"testing"
	"time"
)

func TestPacerDue(t *testing.T) {
	tests := []struct {
		rate float64
		n    uint64
		want time.Duration
	}{
		{0, 5, 0},
		{1, 0, 0},
		{1, 5, 5 * time.Second},
		{1000, 1500, 1500 * time.Millisecond},
		{3, 1, time.Second / 3},
		{0.5, 3, 6 * time.Second},
		{2.5, 5, 2 * time.Second},
		{1000, 3_600_000_001, 3_600_000*time.Second + time.Millisecond},
	}
	for _, tt := range tests {
		if got := (Pacer{Rate: tt.rate}).Due(tt.n); got != tt.want {
			t.Errorf("rate %g, message %d: %v, want %v", tt.rate, tt.n, got, tt.want)
		}
	}
}

func TestPacerNeverGoesBack(t *testing.T) {
	for _, rate := range []float64{0.3, 1, 7, 999.5, 12345} {
		p := Pacer{Rate: rate}
		for n := range uint64(20000) {
			if p.Due(n+1) < p.Due(n) {
				t.Fatalf("rate %g: message %d is due before %d", rate, n+1, n)
			}
		}
	}
}

func TestPacerIntended(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	room := start.Add(time.Hour)
	if got := (Pacer{Rate: 10}).Intended(start, 20, room); got != start.Add(2*time.Second) {
		t.Errorf("with a rate: %v", got)
	}
	if got := (Pacer{}).Intended(start, 20, room); got != room {
		t.Errorf("without a rate: %v", got)
	}
}

// TestPacerRamp: on the ramp the rate grows from nothing, behind it it is what it is, and what is released is what is due.
func TestPacerRamp(t *testing.T) {
	p := Pacer{Rate: 100, Ramp: 10 * time.Second}
	for n, want := range map[uint64]time.Duration{0: 0, 5: time.Second, 125: 5 * time.Second, 500: 10 * time.Second, 600: 11 * time.Second, 1500: 20 * time.Second} {
		if got := p.Due(n); (got - want).Abs() > time.Microsecond {
			t.Errorf("message %d is due after %v, want %v", n, got, want)
		}
	}
	for _, p := range []Pacer{p, {Rate: 0.7, Ramp: 3 * time.Second}, {Rate: 12345.5, Ramp: time.Millisecond}, {Rate: 50}} {
		for n := range uint64(5000) {
			due := p.Due(n)
			if p.Due(n+1) < due {
				t.Fatalf("%+v: message %d is due before %d", p, n+1, n)
			}
			if got := p.Released(due + time.Microsecond); got < n+1 {
				t.Fatalf("%+v: when message %d is due, %d are released", p, n, got)
			}
			if gap := p.Due(n+1) - due; gap > 4*time.Microsecond && p.Released(due+gap/2) > n+1 {
				t.Fatalf("%+v: between messages %d and %d more are released", p, n, n+1)
			}
		}
	}
}
