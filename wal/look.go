package wal

import (
	"github.com/cockroachdb/pebble/v2/vfs"

	"switchyard/internal/shadow"
)

// Look opens the store in dir, which must be there, and closes it again: whether its version is known, and its manifest and its
// log can be read. Nothing is written to disk, and no lock is taken: nobody else may have the store open.
func Look(dir string) error {
	s, err := Open(dir, Options{FS: shadow.Over(vfs.Default), Cache: 1 << 20, Reserve: 1, still: true})
	if err != nil {
		return err
	}
	return s.Close()
}
