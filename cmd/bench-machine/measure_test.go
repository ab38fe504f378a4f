package main

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestMeasurements runs each once, briefly, and reads its row back.
func TestMeasurements(t *testing.T) {
	*dir, *runs, *span = t.TempDir(), 2, 10*time.Millisecond
	memorySize, fileSize = 1<<20, 4<<20
	row := regexp.MustCompile(`^.{38} +[0-9.]+ (GB/s|MB/s|µs) \([0-9.]+\)\n$`)
	for _, m := range measurements {
		t.Run(m.name, func(t *testing.T) {
			var b strings.Builder
			if err := m.print(&b); err != nil {
				t.Fatal(err)
			}
			if !row.MatchString(b.String()) {
				t.Errorf("unreadable row %q", b.String())
			}
		})
	}
}
