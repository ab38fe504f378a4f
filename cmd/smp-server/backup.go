package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/server/control"
	"switchyard/server/status"
	"switchyard/wal"
)

// A backup is a directory with all that makes a router again:
//
//	etc/    the configuration directory: ini, keys, certificates, fingerprint
//	store/  queues, messages, services, as they were at one moment
//
// It is made under another name beside its own, and renamed when it is whole and on the disk.
const (
	backupConfig = "etc"
	backupStore  = "store"
	// partial ends the names of what is not whole yet.
	partial = ".partial"
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
		Args:    oneDirectory,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			if err := backup(p, dir); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "Backup made: "+dir)
			return nil
		},
	}
}

// oneDirectory wants one argument.
func oneDirectory(cmd *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return fmt.Errorf("give one directory; see %s --help", cmd.CommandPath())
	}
	return nil
}

// backup has the running router make a backup, or makes it when none runs.
func backup(p paths, dir string) error {
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
	if _, err := os.Stat(s.storePath); err == nil && !holdsStore(s.storePath) { // opening would make one
		return fmt.Errorf("%s holds no store, and there is nothing to back up; see whether its disk is mounted", s.storePath)
	} else if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist: the router has not run yet, and there is nothing to back up", s.storePath)
	}
	store, err := wal.Open(s.storePath, s.store)
	if err != nil {
		return err
	}
	return errors.Join(makeBackup(p, s.storePath, store, dir), store.Close())
}

// makeBackup makes a backup of an open store.
func makeBackup(p paths, storePath string, store *wal.Store, dir string) error {
	if within(dir, storePath) || within(dir, p.cfgDir) {
		return fmt.Errorf("%s is within what is backed up; name another directory", dir)
	}
	if err := requireEmpty(dir); err != nil {
		return err
	}
	whole := dir + partial
	if err := os.Mkdir(whole, 0o700); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there, of a backup that is being made or did not come to its end; remove it, or name another directory", whole)
	} else if err != nil {
		return fmt.Errorf("cannot make the backup: %w; see to it that the router's user may write there, or name another directory", err)
	}
	err := store.Backup(filepath.Join(whole, backupStore))
	if err == nil {
		err = copyTree(p.cfgDir, filepath.Join(whole, backupConfig))
	}
	if err == nil {
		err = closeTree(filepath.Join(whole, backupStore))
	}
	if err == nil {
		err = publish(whole, dir)
	}
	if err == nil {
		err = status.NoteBackup(storePath, dir)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("cannot make the backup: %w", err), os.RemoveAll(whole))
	}
	return nil
}

// within tells whether dir is parent or below it.
func within(dir, parent string) bool {
	r, err := filepath.Rel(parent, dir)
	return err == nil && r != ".." && !strings.HasPrefix(r, ".."+string(filepath.Separator))
}

// requireEmpty wants a directory that does not exist, or is empty.
func requireEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%w; name a new directory", err)
	case len(entries) > 0:
		return fmt.Errorf("%s is not empty; name a new directory, or move away what is there", dir)
	}
	return nil
}

// publish gives a whole directory its name, durably. A directory of that name is empty.
func publish(whole, dir string) error {
	if err := syncDir(whole); err != nil {
		return err
	}
	if err := os.Rename(whole, dir); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

// closeTree leaves the files of a directory to their owner.
func closeTree(dir string) error {
	return filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			return os.Chmod(name, 0o700)
		}
		return os.Chmod(name, 0o600)
	})
}

// copyTree copies the files of a directory, durably and for their owner alone. Sockets and the like are left out.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		r, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		target := filepath.Join(to, r)
		info, err := os.Stat(name) // of what a link leads to
		switch {
		case err != nil:
			return err
		case info.IsDir() && !e.IsDir():
			return fmt.Errorf("%s is a link to a directory; put a directory in its place", name)
		case info.IsDir():
			return os.Mkdir(target, 0o700)
		case !info.Mode().IsRegular():
			return nil
		}
		return copyFile(name, target)
	})
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close(), syncDir(filepath.Dir(to)))
}

// syncDir makes a directory durable: the names of what is in it.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
