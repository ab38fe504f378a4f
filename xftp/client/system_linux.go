package client

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

func systemRoom(dir string) (free int64, device uint64, known bool) {
	var fs unix.Statfs_t
	var st unix.Stat_t
	if unix.Statfs(dir, &fs) != nil || unix.Stat(dir, &st) != nil {
		return 0, 0, false
	}
	return int64(fs.Bavail) * fs.Bsize, st.Dev, true
}

// ours tells whether nobody else can put anything into a directory.
func ours(dir os.FileInfo) bool {
	st, ok := dir.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid() && dir.Mode().Perm()&0o022 == 0
}

// lock locks a file against other processes, which is over when it is closed.
func lock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
