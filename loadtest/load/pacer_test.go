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
		if got := (Pacer{tt.rate}).Due(tt.n); got != tt.want {
			t.Errorf("rate %g, message %d: %v, want %v", tt.rate, tt.n, got, tt.want)
		}
	}
}

func TestPacerNeverGoesBack(t *testing.T) {
	for _, rate := range []float64{0.3, 1, 7, 999.5, 12345} {
		p := Pacer{rate}
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
	if got := (Pacer{10}).Intended(start, 20, room); got != start.Add(2*time.Second) {
		t.Errorf("with a rate: %v", got)
	}
	if got := (Pacer{}).Intended(start, 20, room); got != room {
		t.Errorf("without a rate: %v", got)
	}
}
