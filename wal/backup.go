package wal

import (
	"errors"
	"fmt"
)

// backupTries is how often a backup is made anew that does not open. Pebble copies the log while it is written, and may
// in theory be overtaken; it never was in tests.
const backupTries = 3

// Backup makes a copy of the store in dir, which must not exist: all that was committed before the call, and of what is
// committed meanwhile the part that comes first. On one file system tables are linked, not copied, which takes neither
// time nor space. The copy has been opened and closed when Backup returns. A failure outside of the store's own
// directory does the store no harm.
func (s *Store) Backup(dir string) error {
	s.backups.Lock()
	defer s.backups.Unlock()
	in := s.enter()
	defer in.Leave()
	for try := 1; ; try++ {
		if err := in.Checkpoint(dir); err != nil {
			return fmt.Errorf("backup in %s: %w", dir, err)
		}
		err := s.proveBackup(dir)
		if err == nil {
			return nil
		}
		if err = errors.Join(err, s.options.FS.RemoveAll(dir)); try == backupTries {
			return err
		}
	}
}

// proveBackup opens a backup, which also takes the rest of its log into tables.
func (s *Store) proveBackup(dir string) error {
	o := s.options
	o.Sync, o.Cache, o.Reserve, o.still = SyncAlways, 1<<20, 1, true
	b, err := Open(dir, o)
	if err != nil {
		return err
	}
	if b.PartitionKey() != s.partition {
		err = errors.New("backup of another store")
	}
	return errors.Join(err, b.Close())
}
