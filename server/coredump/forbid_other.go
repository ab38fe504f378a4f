//go:build !linux

package coredump

import (
	"fmt"
	"syscall"
)

// Forbid has the system write no core dump of this process (getrlimit(2), RLIMIT_CORE).
func Forbid() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core dumps: %w", err)
	}
	return nil
}
