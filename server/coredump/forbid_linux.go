package coredump

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Forbid has the system write no core dump of this process, and lets no other process of the same account read its
// memory (prctl(2), PR_SET_DUMPABLE; getrlimit(2), RLIMIT_CORE). /proc/PID/stat and status stay readable, and the
// profiler works.
func Forbid() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core dumps: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("forbid core dumps: %w", err)
	}
	return nil
}
