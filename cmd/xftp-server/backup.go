package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"switchyard/server/backup"
	"switchyard/server/cli"
	"switchyard/server/control"
	"switchyard/server/status"
	"switchyard/xftp/packets"
)

// backupPackets is where the packets are in a backup, beside what every backup has.
const backupPackets = "files"

func backupCommand(p paths) *cobra.Command {
	records := false
	cmd := backup.Command("records, packets",
		`DIR/store holds what the router knows of files, as it was at one moment, DIR/files the packets, DIR/etc all of
`+p.cfgDir+`: the ini, certificates and private keys. Whoever can read DIR can be the router: keep it as safe as
that directory. When the router runs, it writes DIR itself, as its own user. On the file system of the packets they are
linked, which takes no time and no space, so copy DIR to another machine; elsewhere they are copied. Packets in a bucket
stay there: back that up by its own means. Restore it with xftp-server restore DIR.`,
		"  xftp-server backup /var/backups/xftp-2026-11-23\n  xftp-server backup --keep 7 "+p.logDir+"/backups",
		func(ctx context.Context, dir string) error { return backUp(ctx, p, dir, records) })
	cmd.Flags().BoolVar(&records, "records-only", false, "leave the packets out, for a backup each day whose packets stay where they are")
	return cmd
}

// backUp has the running router make a backup, or makes it when none runs.
func backUp(ctx context.Context, p paths, dir string, recordsOnly bool) error {
	s, _, err := loadSettings(p)
	if err != nil {
		return err
	}
	if !s.persist {
		return fmt.Errorf("%s: the router keeps nothing, as enable is off in section [STORE_LOG]; there is nothing to back up", p.ini())
	}
	request := "backup "
	if recordsOnly {
		request = requestRecords + " "
	}
	if _, err := control.Ask(control.Socket(s.storePath), request+dir); !errors.Is(err, control.ErrStopped) {
		return err
	}
	if err := backup.RequireStore(s.storePath); err != nil {
		return err
	}
	bodies, closeBodies, err := openBodies(ctx, &s)
	if err != nil {
		return err
	}
	store, err := packets.Open(ctx, s.storePath, bodies, packets.Options{})
	if err != nil {
		return errors.Join(storeFault(err, s.storePath), closeBodies())
	}
	_, err = makeBackup(ctx, p, &s, store, dir, recordsOnly)
	return errors.Join(err, store.Close(), closeBodies())
}

// makeBackup makes a backup of an open store. The records come first: what is uploaded after them belongs to the next one.
func makeBackup(ctx context.Context, p paths, s *settings, store *packets.Store, dir string, recordsOnly bool) (done packets.Copied, err error) {
	outside := []string{s.storePath}
	if s.s3.Endpoint == "" {
		outside = append(outside, s.filesPath)
	}
	err = backup.Make(p.program(), dir, outside, func(whole string) error {
		records := filepath.Join(whole, backup.Store)
		if err := store.Backup(records); err != nil {
			return err
		}
		if err := backup.CloseTree(records); err != nil {
			return err
		}
		if recordsOnly || s.s3.Endpoint != "" {
			return nil
		}
		var err error
		done, err = packets.CopyBodies(ctx, records, s.filesPath, filepath.Join(whole, backupPackets))
		return err
	})
	if err != nil {
		return done, err
	}
	return done, status.NoteBackup(s.storePath, dir)
}

// requestRecords asks the router that runs for a backup of its records alone.
const requestRecords = "backup-records"

// backupRequests are the command's requests to the router that runs; one that keeps nothing has none.
func backupRequests(p paths, s *settings, store *packets.Store, log *slog.Logger) []control.Command {
	if !s.persist {
		return nil
	}
	save := func(dir string, recordsOnly bool) error {
		log.Info("making a backup", "dir", dir)
		done, err := makeBackup(context.Background(), p, s, store, dir, recordsOnly)
		if err == nil {
			log.Info("made a backup", "dir", dir, "packets linked", done.Linked, "copied", done.Copied, "missing", done.Missing)
		}
		return err
	}
	records := control.Backup(func(dir string) error { return save(dir, true) })
	records.Name = requestRecords
	return []control.Command{control.Backup(func(dir string) error { return save(dir, false) }), records}
}

func restoreCommand(p paths) *cobra.Command {
	return &cobra.Command{
		Use:   "restore DIR",
		Short: "Put back records and packets, and the configuration if there is none, from a backup",
		Long: `Put back records and packets, and the configuration if there is none, from a backup that xftp-server backup has made.

The records go to where the ini says, which must be empty: move away what is left of damaged ones. Packets go to where the ini
has them; those that are there already stay. When ` + p.cfgDir + ` has an ini already, it stays as it is, and
must be that of the same router. DIR is not changed.

The router is then as it was when the backup was made: files that were uploaded since are gone. Never start it beside the
router it was made of.`,
		Example: "  xftp-server restore /var/backups/xftp-2026-11-23\n  xftp-server start",
		Args:    backup.OneDirectory, ValidArgsFunction: cli.Directories,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, done, err := restore(cmd.Context(), p, args[0])
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "Store restored: "+s.storePath)
			fmt.Fprintf(cmd.OutOrStdout(), "Packets restored: %d, %d were there\n", done.Linked+done.Copied, done.Kept)
			if done.Missing > 0 {
				p.program().Note(cmd.ErrOrStderr(), "the backup knows %d packets that are not in it; nobody can download them", done.Missing)
			}
			return nil
		},
	}
}

// restore puts back a backup. What it has done before a failure it finds done the next time. The records get their name when all
// packets are there.
func restore(ctx context.Context, p paths, dir string) (s settings, done packets.Copied, err error) {
	release, err := backup.Begin(p.program(), dir)
	if err != nil {
		return s, done, err
	}
	defer release()
	if s, _, err = loadSettings(p); err != nil {
		return s, done, err
	}
	err = backup.RestoreStore(dir, s.storePath, func(copied string) error {
		if !backup.HoldsStore(copied) {
			return errors.New("the backup holds none") // and opening would make one
		}
		if err := packets.Look(copied); err != nil {
			return err
		}
		from := filepath.Join(dir, backupPackets)
		if _, err := os.Stat(from); errors.Is(err, os.ErrNotExist) {
			return nil // it is one of records alone
		}
		if s.s3.Endpoint != "" {
			return errors.New("the backup has packets, and the ini has them in a bucket; copy them there, and restore with s3_endpoint commented out")
		}
		var err error
		done, err = packets.CopyBodies(ctx, copied, from, s.filesPath)
		return err
	})
	return s, done, err
}
