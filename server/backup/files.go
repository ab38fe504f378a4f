package backup

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Publish gives a whole directory its name, durably. A directory of that name is empty.
func Publish(whole, dir string) error {
	if err := syncDir(whole); err != nil {
		return err
	}
	if err := os.Rename(whole, dir); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

// CloseTree leaves the files of a directory to their owner.
func CloseTree(dir string) error {
	return filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			return os.Chmod(name, 0o700)
		}
		return os.Chmod(name, 0o600)
	})
}

// copyTree copies the files of a directory, durably and for their owner alone. Sockets and the like are left out.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		r, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		target := filepath.Join(to, r)
		info, err := os.Stat(name) // of what a link leads to
		switch {
		case err != nil:
			return err
		case info.IsDir() && !e.IsDir():
			return fmt.Errorf("%s is a link to a directory; put a directory in its place", name)
		case info.IsDir():
			return os.Mkdir(target, 0o700)
		case !info.Mode().IsRegular():
			return nil
		}
		return copyFile(name, target)
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close(), syncDir(filepath.Dir(to)))
}

// syncDir makes a directory durable: the names of what is in it.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
