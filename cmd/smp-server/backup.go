package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"switchyard/server/backup"
	"switchyard/server/cli"
	"switchyard/server/control"
	"switchyard/server/status"
	"switchyard/wal"
)

func backupCommand(p paths) *cobra.Command {
	return &cobra.Command{
		Use:   "backup DIR",
		Short: "Copy the router's store and configuration to the new directory DIR, also while it runs",
		Long: `Copy the router's store and configuration to the new directory DIR, also while it runs.

DIR/store holds queues, messages and services as they were at one moment, DIR/etc all of ` + p.cfgDir + `:
the ini, certificates and private keys. Whoever can read DIR can be the router: keep it as safe as that directory.
Logs are not in it. When the router runs, it writes DIR itself, as its own user; on the store's file system tables are
linked, which takes no time and no space, so copy DIR to another machine. Restore it with smp-server restore DIR.`,
		Example: "  smp-server backup /var/backups/smp-2026-11-23",
		Args:    backup.OneDirectory, ValidArgsFunction: cli.Directories,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			if err := backUp(p, dir); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "Backup made: "+dir)
			return nil
		},
	}
}

// backUp has the running router make a backup, or makes it when none runs.
func backUp(p paths, dir string) error {
	s, _, err := loadSettings(p)
	if err != nil {
		return err
	}
	if !s.persist {
		return fmt.Errorf("%s: the router keeps nothing, as enable is off in section [STORE_LOG]; there is nothing to back up", p.ini())
	}
	if _, err := control.Ask(control.Socket(s.storePath), "backup "+dir); !errors.Is(err, control.ErrStopped) {
		return err
	}
	if err := backup.RequireStore(s.storePath); err != nil {
		return err
	}
	store, err := wal.Open(s.storePath, s.store)
	if err != nil {
		return err
	}
	return errors.Join(makeBackup(p, s.storePath, store, dir), store.Close())
}

// makeBackup makes a backup of an open store.
func makeBackup(p paths, storePath string, store *wal.Store, dir string) error {
	err := backup.Make(p.program(), dir, []string{storePath}, func(whole string) error {
		name := filepath.Join(whole, backup.Store)
		if err := store.Backup(name); err != nil {
			return err
		}
		return backup.CloseTree(name)
	})
	if err != nil {
		return err
	}
	return status.NoteBackup(storePath, dir)
}
