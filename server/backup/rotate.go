package backup

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// rotated is the form of the names of backups that Rotate makes.
const rotated = "20060102T150405Z"

// Rotate has save make a backup in the directory all, under a name that is the time, and removes the oldest but for as many as are to be
// kept, as well as what a kill left of one. It touches nothing with other names. One of the same second is there already.
func Rotate(all string, keep int, now time.Time, save func(dir string) error) (dir string, err error) {
	if err := os.MkdirAll(all, 0o700); err != nil {
		return "", err
	}
	if err := removeUnfinished(all); err != nil {
		return "", err
	}
	dir = filepath.Join(all, now.UTC().Format(rotated))
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := save(dir); err != nil {
		return "", err
	}
	return dir, removeOld(all, keep)
}

func removeUnfinished(all string) error {
	left, err := filepath.Glob(filepath.Join(all, "*"+Partial))
	for _, name := range left {
		if isBackup(strings.TrimSuffix(filepath.Base(name), Partial)) {
			err = errors.Join(err, os.RemoveAll(name))
		}
	}
	return err
}

// removeOld keeps the newest.
func removeOld(all string, keep int) error {
	entries, err := os.ReadDir(all)
	if err != nil {
		return err
	}
	var names []string
	for _, e := range entries {
		if isBackup(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	for len(names) > keep {
		err = errors.Join(err, os.RemoveAll(filepath.Join(all, names[0])))
		names = names[1:]
	}
	return err
}

func isBackup(name string) bool {
	_, err := time.Parse(rotated, name)
	return err == nil
}
