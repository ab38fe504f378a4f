package loadtest

import (
	"fmt"
	"syscall"
)

// spareFiles are open files beside the connections: standard streams, reports, what the runtime needs.
const spareFiles = 64

// RaiseFileLimit raises the limit of open files of this process as far as the system lets it, and fails when that is
// not enough for so many connections.
func RaiseFileLimit(conns int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("limit of open files: %w", err)
	}
	need := uint64(conns) + spareFiles
	if limit.Cur < limit.Max {
		raised := syscall.Rlimit{Cur: limit.Max, Max: limit.Max}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &raised); err == nil {
			limit = raised
		}
	}
	if limit.Cur < need {
		return fmt.Errorf("%d connections need %d open files, the limit is %d: raise it with `ulimit -n %d` as root, "+
			"or use several processes", conns, need, limit.Cur, need)
	}
	return nil
}
