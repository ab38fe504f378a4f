package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"switchyard/server/backup"
	"switchyard/server/cli"
	"switchyard/server/directories"
	"switchyard/wal"
	"switchyard/wal/reference"
)

func exportCommand(p paths) *cobra.Command {
	var to, from string
	cmd := &cobra.Command{
		Use:   "export --to DIR [--backup DIR]",
		Short: "Write queues, services and messages as files of the reference's smp-server, to go back to it",
		Long: `Write queues, services and messages as files of the reference's smp-server, to go back to it.

The router must be stopped, or --backup names a backup of it. DIR is new or empty; put what is written there where the
reference has its files, with store_queues = memory and store_messages = memory in the ini.

What the reference could not read again is left out and counted: messages without a body, with one of which it does not start;
links without data; and, of blocked queues that belong to a service, the notice.`,
		Example: "  smp-server export --to /srv/back",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if to == "" {
				return errors.New("--to is missing; name a new directory")
			}
			return export(cmd, p, to, from)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&to, "to", "", "`DIR` to write to")
	f.StringVar(&from, "backup", "", "`DIR` that smp-server backup has made, in place of the router's own store")
	return cmd
}

// export writes the files of the reference into a directory that gets its name when they are whole.
func export(cmd *cobra.Command, p paths, to, copied string) (err error) {
	boundMemory()
	storePath := filepath.Join(copied, backup.Store)
	if copied == "" {
		release, err := directories.Alone(p.cfgDir)
		if err != nil {
			return err
		}
		defer release()
		s, _, err := loadSettings(p)
		if err != nil {
			return err
		}
		storePath = s.storePath
	}
	if !backup.HoldsStore(storePath) { // opening would make one
		return fmt.Errorf("%s holds no store, and there is nothing to export; see whether its disk is mounted", storePath)
	}
	if err := backup.RequireEmpty(to); err != nil {
		return err
	}
	whole := filepath.Clean(to) + backup.Partial
	if err := os.RemoveAll(whole); err != nil {
		return err
	}
	if err := os.Mkdir(whole, 0o700); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist; make it, or name another directory", filepath.Dir(whole))
	} else if err != nil {
		return fmt.Errorf("cannot export: %w; run as somebody who may write there, or name another directory", err)
	}
	n, err := writeExport(cmd, storePath, whole)
	if err == nil {
		err = backup.Publish(whole, to)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("cannot export: %w; nothing was changed", err), os.RemoveAll(whole))
	}
	fmt.Fprintf(cmd.OutOrStdout(), "exported %d queues, %d services, %d messages, %d notifications\n",
		n.Queues, n.Services, n.Messages, n.Notifications)
	for _, left := range []struct {
		n    int64
		what string
	}{
		{n.EmptyBodies, "messages without a body were left out"},
		{n.Links, "links without data were left out"},
		{n.Notices, "notices of blocked queues were left out, as the queues belong to a service"},
	} {
		if left.n > 0 {
			note(cmd, "%d %s: the reference cannot read them", left.n, left.what)
		}
	}
	return nil
}

func writeExport(cmd *cobra.Command, storePath, dir string) (n reference.Exported, err error) {
	store, err := wal.Open(storePath, wal.Options{Cache: importCache, MemTable: importCache})
	if err != nil {
		return n, err
	}
	e := &reference.Export{Store: store, Dir: dir, Time: time.Now().Unix()}
	show := cli.StartProgress(cmd, func() string { return "queues" }, func() (int64, int64) { return e.Queues(), -1 })
	n, err = e.Run()
	show.End()
	if err == nil {
		err = exportStatistics(store, dir)
	}
	return n, errors.Join(err, store.Close())
}
