package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"switchyard/xftp/client"
)

// place is where a received file goes.
type place struct {
	dir    string // is there
	name   string // empty: the sender's, made safe and unique
	unpack bool   // the name is that of the directory with what is in the archive
}

// findPlace finds it by the argument: a directory that is there or, by its last slash, is to be; or the path of the file,
// whose directory is made, too. Without one it is the directory for downloads. Of an archive that is unpacked the path is
// that of the directory with its files.
func findPlace(args []string, unpack bool) (place, error) {
	if len(args) == 0 {
		home, err := os.UserHomeDir()
		if err != nil {
			return place{}, fmt.Errorf("%w; give the directory for the file", err)
		}
		return makeDir(filepath.Join(home, "Downloads"))
	}
	path := args[0]
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return place{dir: path}, nil
	case err == nil:
		return place{}, fmt.Errorf("%s: %w; give another path, or a directory", path, client.ErrExists)
	case !errors.Is(err, fs.ErrNotExist):
		return place{}, err
	case path == "" || strings.HasSuffix(path, "/") || os.IsPathSeparator(path[len(path)-1]):
		return makeDir(path)
	}
	if _, err := os.Lstat(path); err == nil {
		return place{}, fmt.Errorf("%s: %w: a link to nothing; give another path, or a directory", path, client.ErrExists)
	}
	to, err := makeDir(filepath.Dir(path))
	to.name, to.unpack = filepath.Base(path), unpack
	return to, err
}

func makeDir(path string) (place, error) {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return place{}, err
	}
	return place{dir: path}, nil
}

// path is where the file of a name goes.
func (p place) path(sender string) (string, error) {
	switch {
	case p.name == "":
		return client.UniquePath(p.dir, client.SafeName(sender))
	case p.unpack:
		return client.UniquePath(p.dir, p.name+".tar")
	}
	path := filepath.Join(p.dir, p.name)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fmt.Errorf("%s: %w; give another path, or a directory", path, client.ErrExists)
		}
		return "", err
	}
	return path, nil
}
