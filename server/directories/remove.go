package directories

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Remove removes from dir what is a server's own, by patterns of package filepath, and then dir itself. Whatever else is in
// dir is left, and named; so is dir where it is a mount point. A dir that is not there is fine.
func Remove(dir string, own ...string) (left []string, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		if !matches(e.Name(), own) {
			left = append(left, name)
			continue
		}
		err = errors.Join(err, os.RemoveAll(name))
	}
	if err != nil || len(left) > 0 {
		return left, err
	}
	if target, err := filepath.EvalSymlinks(dir); err == nil && target != dir {
		_ = os.Remove(target) // an empty directory that stays does no harm
	}
	if os.Remove(dir) != nil {
		left = append(left, dir)
	}
	return left, nil
}

// RemoveStore is Remove for the directory of a store, which is all that is in it: the files of Pebble, and our list of what is
// synced.
func RemoveStore(dir string) (left []string, err error) {
	return Remove(dir, "MANIFEST-*", "OPTIONS-*", "CURRENT", "LOCK", "SYNCED", "marker.*", "temporary.*", "*.dbtmp",
		"[0-9][0-9][0-9][0-9][0-9][0-9]*.sst", "[0-9][0-9][0-9][0-9][0-9][0-9]*.log", "[0-9][0-9][0-9][0-9][0-9][0-9]*.blob")
}

// Has reports whether dir has anything that is a server's own.
func Has(dir string, own ...string) bool {
	entries, _ := os.ReadDir(dir) // what cannot be read is not there
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return matches(e.Name(), own) })
}

func matches(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		ok, err := filepath.Match(p, name)
		return ok && err == nil
	})
}
