// Package shadow is a file system for looking at what others own: it reads the files that there are, and what is written goes
// to memory, over them, and is gone with it. A database opens on it as it would otherwise, replays its log and names its files
// anew, and nothing of that reaches the disk.
//
// An FS may be used by several goroutines. It imports nothing of ours.
package shadow

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// FS is the file system. Its methods are those of vfs.FS; links are not among what it can do.
type FS struct {
	vfs.FS // the files that there are; what only reads goes there

	mu      sync.Mutex
	written *vfs.MemFS
	hidden  map[string]bool // names whose file below counts no more
}

// Over makes one over the files of another file system.
func Over(below vfs.FS) *FS {
	return &FS{FS: below, written: vfs.NewMem(), hidden: make(map[string]bool)}
}

// here tells whether what a name has was written. mu is held.
func (s *FS) here(name string) bool {
	info, err := s.written.Stat(name)
	return err == nil && !info.IsDir()
}

// gone tells whether a file below is not to be seen any more. mu is held.
func (s *FS) gone(name string) bool {
	for dir := filepath.Clean(name); ; dir = filepath.Dir(dir) {
		if s.hidden[dir] {
			return true
		}
		if dir == filepath.Dir(dir) {
			return false
		}
	}
}

func missing(op, name string) error { return &os.PathError{Op: op, Path: name, Err: os.ErrNotExist} }

func (s *FS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.create(name, category)
}

func (s *FS) create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := s.written.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, err
	}
	s.hidden[filepath.Clean(name)] = true
	return s.written.Create(name, category)
}

func (s *FS) Link(string, string) error { return errors.ErrUnsupported }

func (s *FS) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.here(name):
		return s.written.Open(name, o...)
	case s.gone(name):
		return nil, missing("open", name)
	}
	return s.FS.Open(name, o...)
}

// OpenReadWrite gives a copy of a file that is there.
func (s *FS) OpenReadWrite(name string, category vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.copyUp(name, category); err != nil {
		return nil, err
	}
	return s.written.OpenReadWrite(name, category, o...)
}

// copyUp has a name in memory with what it has. mu is held.
func (s *FS) copyUp(name string, category vfs.DiskWriteCategory) error {
	if s.here(name) {
		return nil
	}
	var content []byte
	if !s.gone(name) {
		from, err := s.FS.Open(name)
		if err == nil {
			content, err = io.ReadAll(from)
			err = errors.Join(err, from.Close())
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	to, err := s.create(name, category)
	if err != nil {
		return err
	}
	_, err = to.Write(content)
	return errors.Join(err, to.Close())
}

// OpenDir opens a directory to sync it.
func (s *FS) OpenDir(name string) (vfs.File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.written.MkdirAll(name, 0o700); err != nil {
		return nil, err
	}
	return s.written.OpenDir(name)
}

func (s *FS) Remove(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.here(name) {
		s.hidden[filepath.Clean(name)] = true
		return s.written.Remove(name)
	}
	if s.gone(name) {
		return missing("remove", name)
	}
	if _, err := s.FS.Stat(name); err != nil {
		return err
	}
	s.hidden[filepath.Clean(name)] = true
	return nil
}

func (s *FS) RemoveAll(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hidden[filepath.Clean(name)] = true
	return s.written.RemoveAll(name)
}

func (s *FS) Rename(from, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.here(from) {
		if _, err := s.FS.Stat(from); err != nil || s.gone(from) {
			return missing("rename", from)
		}
		if err := s.copyUp(from, vfs.WriteCategoryUnspecified); err != nil {
			return err
		}
	}
	if err := s.written.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	s.hidden[filepath.Clean(from)], s.hidden[filepath.Clean(to)] = true, true
	return s.written.Rename(from, to)
}

// ReuseForWrite makes a new file: what is there of the old one is of no use.
func (s *FS) ReuseForWrite(from, to string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := s.Remove(from); err != nil {
		return nil, err
	}
	return s.Create(to, category)
}

func (s *FS) MkdirAll(dir string, mode os.FileMode) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written.MkdirAll(dir, mode)
}

// Lock locks nothing: whoever owns the files does not know of this.
func (s *FS) Lock(string) (io.Closer, error) { return io.NopCloser(nil), nil }

func (s *FS) List(dir string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	written, ours := s.written.List(dir)
	below, err := s.FS.List(dir)
	if err != nil && ours != nil {
		return nil, err
	}
	names := slices.DeleteFunc(below, func(name string) bool { return s.gone(filepath.Join(dir, name)) })
	for _, name := range written {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

func (s *FS) Stat(name string) (vfs.FileInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.here(name):
		return s.written.Stat(name)
	case s.gone(name):
		return nil, missing("stat", name)
	}
	info, err := s.FS.Stat(name)
	if errors.Is(err, os.ErrNotExist) {
		return s.written.Stat(name) // a directory, or nothing
	}
	return info, err
}

// Unwrap says that there is nothing to get at behind it.
func (s *FS) Unwrap() vfs.FS { return nil }
