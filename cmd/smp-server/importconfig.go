package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"switchyard/engine/counts"
	"switchyard/server/backup"
	"switchyard/server/identity"
	"switchyard/wal"
	"switchyard/wal/reference"
)

// importConfig is the directory with the configuration that the imported store is for: the one that is taken over, when it can
// be, or the router's own.
func importConfig(p paths, from string) (string, error) {
	if from == "" {
		if _, err := os.Lstat(p.ini()); errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("%s does not exist, and without the keys of their router nobody reaches the queues; give --config with the directory that has its ini and keys", p.ini())
		}
		return p.cfgDir, nil
	}
	if _, err := os.Stat(filepath.Join(from, iniName)); err != nil {
		return "", fmt.Errorf("%s is not the configuration of a router: %w", from, err)
	}
	if _, _, err := identity.Load(from, time.Now()); err != nil {
		return "", err
	}
	if _, err := os.Lstat(p.ini()); err == nil {
		return p.cfgDir, backup.SameIdentity(p.program(), from)
	}
	return from, backup.RequireEmpty(p.cfgDir)
}

// giveAway gives what root has made to the user of the directory in which the store is, who runs the router.
func (d *draft) giveAway(p paths, config bool) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(filepath.Dir(d.storePath))
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	made := []string{d.storePath, d.reportPath()}
	if config {
		made = append(made, p.cfgDir)
	}
	for _, root := range made {
		err := filepath.WalkDir(root, func(name string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(name, int(owner.Uid), int(owner.Gid))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// isFull tells whether a failure is for want of room.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// importStatistics takes over the counters that the reference has kept, if it has. Without them a router is as good: those that
// cannot be read are told of, and left out.
func (d *draft) importStatistics(store *wal.Store, from string) error {
	name := filepath.Join(from, reference.StatsName)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	kept, err := counts.FromBackup(string(text), time.Now())
	if err != nil {
		d.note(fmt.Sprintf("%s: %v; the statistics begin at 0", name, err))
		return nil
	}
	return store.PutStatistics(kept)
}

// exportStatistics writes the counters of a router, if it has kept some.
func exportStatistics(store *wal.Store, dir string) error {
	kept, err := store.Statistics()
	if err != nil || kept == nil {
		return err
	}
	text, err := counts.ToBackup(kept, time.Now())
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, reference.StatsName), []byte(text), 0o600)
}
