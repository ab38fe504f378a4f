package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"switchyard/server/backup"
	"switchyard/server/cli"
	"switchyard/wal"
)

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
