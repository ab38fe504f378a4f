// Package directories has commands refuse to take the directories of a running server from under it. It imports nothing of
// ours.
//
// A program that works on a directory holds a lock on it (flock(2)). The lock needs no file, and goes with the process however
// that ends. Servers share theirs.
package directories

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"
)

// ErrInUse is that a server runs.
var ErrInUse = errors.New("a router runs with this directory; stop it first")

// Use says that a server lives in dir, for the rest of the process's life. Where the file system has no locks nobody is told.
func Use(dir string) error {
	_, err := lock(dir, unix.LOCK_SH)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return fmt.Errorf("%s: is being deleted or restored; wait for the end of that", dir)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: cannot open the directory: %w", dir, err)
	}
	return nil
}

// Alone keeps servers from dir until release is called. The error is ErrInUse where one is there. Where dir is not, no server is.
func Alone(dir string) (release func(), err error) {
	fd, err := lock(dir, unix.LOCK_EX)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return func() {}, nil
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil, fmt.Errorf("%s: %w", dir, ErrInUse)
	case err != nil:
		return nil, fmt.Errorf("%s: cannot tell whether a router runs: %w; stop it, and remove its files by hand", dir, err)
	}
	return func() { _ = unix.Close(fd) }, nil
}

// lock returns a descriptor that has the lock, and that no other process inherits.
func lock(dir string, how int) (fd int, err error) {
	if fd, err = unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
		return 0, err
	}
	for err = unix.EINTR; err == unix.EINTR; {
		err = unix.Flock(fd, how|unix.LOCK_NB)
	}
	if err != nil {
		_ = unix.Close(fd)
	}
	return fd, err
}
