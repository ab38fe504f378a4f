package main

import (
	"os"
	"runtime/debug"
)

// tuneMemory sets how the collector works, unless the environment has.
func (s *settings) tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(s.gcPercent)
	}
	if os.Getenv("GOMEMLIMIT") == "" && s.memoryLimit > 0 {
		debug.SetMemoryLimit(s.memoryLimit)
	}
}
