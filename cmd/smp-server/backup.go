package main

import (
	"context"
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
	return backup.Command("store",
		`DIR/store holds queues, messages and services as they were at one moment, DIR/etc all of `+p.cfgDir+`:
the ini, certificates and private keys. Whoever can read DIR can be the router: keep it as safe as that directory.
Logs are not in it. When the router runs, it writes DIR itself, as its own user; on the store's file system tables are
linked, which takes no time and no space, so copy DIR to another machine. Restore it with smp-server restore DIR.`,
		"  smp-server backup /var/backups/smp-2026-11-23\n  smp-server backup --keep 7 "+p.logDir+"/backups",
		func(_ context.Context, dir string) error { return backUp(p, dir) })
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

func restoreCommand(p paths) *cobra.Command {
	return &cobra.Command{
		Use:   "restore DIR",
		Short: "Put back the store, and the configuration if there is none, from a backup",
		Long: `Put back the store, and the configuration if there is none, from a backup that smp-server backup has made.

The store goes to where the ini says, which must be empty: move away what is left of a damaged one. When ` + p.cfgDir + `
has an ini already, it stays as it is, and must be that of the same router. DIR is not changed.

The router is then as it was when the backup was made: messages that were received since come once more, which clients
notice and drop; messages and queues that were made since are gone. Never start it beside the router it was made of.`,
		Example: "  smp-server restore /var/backups/smp-2026-11-23\n  smp-server start",
		Args:    backup.OneDirectory, ValidArgsFunction: cli.Directories,
		RunE: func(cmd *cobra.Command, args []string) error {
			storePath, err := restore(p, args[0])
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "Store restored: "+storePath)
			return nil
		},
	}
}

// restore puts back a backup and tells where the store is. What it has done before a failure it finds done the next time.
func restore(p paths, dir string) (storePath string, err error) {
	release, err := backup.Begin(p.program(), dir)
	if err != nil {
		return "", err
	}
	defer release()
	s, _, err := loadSettings(p)
	if err != nil {
		return "", err
	}
	return s.storePath, backup.RestoreStore(dir, s.storePath, func(copied string) error { return tryStore(copied, s.store) })
}

func tryStore(dir string, o wal.Options) error {
	if !backup.HoldsStore(dir) {
		return errors.New("the backup holds none") // and opening would make one
	}
	store, err := wal.Open(dir, o)
	if err != nil {
		return err
	}
	return store.Close()
}
