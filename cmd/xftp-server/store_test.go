package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestUnusedName: what was put aside before is not overwritten.
func TestUnusedName(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log.bak")
	for _, want := range []string{name, name + ".1", name + ".2"} {
		got := unusedName(name)
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
		check(t, os.WriteFile(got, nil, 0o600))
	}
}
