package main

import "testing"

// Memory is given back once, when it is calm after a storm.
func TestTrimmer(t *testing.T) {
	const storm = 10 * trimCalm
	var trim trimmer
	allocated := uint64(0)
	for i, step := range []struct {
		allocates uint64
		want      bool
	}{
		{0, false}, {trimCalm - 1, false}, // nothing has happened yet
		{storm, false}, {storm, false}, {trimCalm, false}, {100, true}, {0, false}, {100, false},
		{storm, false}, {0, true}, {0, false},
	} {
		allocated += step.allocates
		if got := trim.look(allocated); got != step.want {
			t.Errorf("look %d, after %d bytes: %v", i, step.allocates, got)
		}
	}
}
