package fleet

import (
	"testing"
	"time"
)

func TestConnectionsAreBegunOverTheRamp(t *testing.T) {
	w := &fleet{ramp: 10 * time.Second, members: make([]member, 20)}
	for i, want := range map[int]time.Duration{0: 0, 1: 500 * time.Millisecond, 19: 9500 * time.Millisecond} {
		if got := w.due(i); got != want {
			t.Errorf("connection %d after %v, want %v", i, got, want)
		}
	}
}
