package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"switchyard/engine/counts"
	"switchyard/wal"
	"switchyard/wal/reference"
)

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
