package sums

import (
	"os"
	"testing"
)

func TestKnown(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 1, 2: 3, 4: 10} {
		if got, err := Known(n); got != want || err != nil {
			t.Error(n, got, err)
		}
	}
	if _, err := Known(-1); err != ErrNegative {
		t.Error(err)
	}
}

func TestHalfKnown(t *testing.T) {
	if !HalfKnown(50) || HalfKnown(1) || HalfKnown(1000) {
		t.Error("wrong")
	}
}

func TestSame(t *testing.T) {
	if Same([]int{1, 2, 3}) != 3 {
		t.Error("wrong")
	}
}

// TestSkipped would kill a survivor.
func TestSkipped(t *testing.T) {
	if HalfKnown(10) || HalfKnown(100) {
		t.Error("wrong")
	}
}

// TestFlaky fails now and then, whatever is changed: each time a file says so.
func TestFlaky(t *testing.T) {
	HalfKnown(50)
	name := os.Getenv("SUMS_FLAKY")
	if name == "" {
		return
	}
	if f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0); err == nil {
		defer f.Close()
		info, _ := f.Stat()
		f.WriteString("x")
		if info.Size() < 2 {
			t.Error("now")
		}
	}
}
