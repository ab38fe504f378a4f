package packets

import (
	"log/slog"

	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/internal/disk"
	"switchyard/internal/shadow"
)

// Look opens the records in dir, which must be there, and closes them again: whether their version is known, and their
// manifest and their log can be read. Nothing is written to disk, and no lock is taken: nobody else may have them open.
func Look(dir string) error {
	db, err := openShadow(dir, new(Store))
	if err != nil {
		return err
	}
	return db.Close()
}

// openShadow opens the records in dir with what is written in memory.
func openShadow(dir string, s *Store) (*disk.DB, error) {
	return disk.Open(dir, disk.Options{
		FS: shadow.Over(vfs.Default), Log: slog.New(slog.DiscardHandler), MemTable: memTable, Cache: 1 << 20, Reserve: 1,
		Growth: "new packets", Configure: configure, Still: true,
		Identify: func(in *disk.Instance) error { return s.identify(in, dir) },
	})
}
