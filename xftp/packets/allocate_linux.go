package packets

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// allocate gives a new file its place on the disk, which costs less at once than piece by piece, and makes one extent of
// it. On file systems that cannot it does nothing.
func allocate(f *os.File, size uint32) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var refused error
	err = conn.Control(func(fd uintptr) { refused = unix.Fallocate(int(fd), 0, 0, int64(size)) })
	if errors.Is(refused, unix.ENOSPC) || errors.Is(refused, unix.EDQUOT) {
		return &os.PathError{Op: "allocate", Path: f.Name(), Err: refused}
	}
	return err
}
