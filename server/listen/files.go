package listen

import (
	"fmt"
	"math"
	"syscall"
)

const (
	// reservedFiles is how many of the files that the process may open are not for connections, but for the store and for
	// what else a router opens; of a low limit it is a quarter.
	reservedFiles = 2000
	// leastFiles is how many a router needs to be of use.
	leastFiles = 128
)

// openFiles is how many files the process may have open.
func openFiles() int {
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) != nil || files.Cur > math.MaxInt32 {
		return math.MaxInt32
	}
	return int(files.Cur)
}

// Files is how many of the files that the process may open are for clients.
func Files() int {
	n := openFiles()
	return n - min(n/4, reservedFiles)
}

// CheckFiles refuses a limit of open files with which a router is of no use.
func CheckFiles() error {
	if n := openFiles(); n < leastFiles {
		return fmt.Errorf("the process may open only %d files, and needs %d at least; raise the limit (ulimit -n, or LimitNOFILE of a unit)", n, leastFiles)
	}
	return nil
}
