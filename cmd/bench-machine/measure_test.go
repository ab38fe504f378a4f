package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestMeasurements runs each once, briefly, and reads its row back.
func TestMeasurements(t *testing.T) {
	dir, runs, span = t.TempDir(), 2, 10*time.Millisecond
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

// TestNoFileStays: the file that is measured with has no name, so that it goes with the process.
func TestNoFileStays(t *testing.T) {
	dir = t.TempDir()
	_, err := withFile(func(*os.File) (float64, error) {
		files, err := os.ReadDir(dir)
		if len(files) > 0 {
			t.Errorf("there is %s", files[0].Name())
		}
		return 0, err
	})
	if err != nil {
		t.Error(err)
	}
}
