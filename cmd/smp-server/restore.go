package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"switchyard/server/directories"
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
		Args:    oneDirectory,
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
	for _, name := range []string{backupStore, filepath.Join(backupConfig, iniName)} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return "", fmt.Errorf("%s is no backup of a router: %w", dir, err)
		}
	}
	release, err := directories.Alone(p.cfgDir)
	if err != nil {
		return "", err
	}
	defer release()
	if err := restoreConfig(p, filepath.Join(dir, backupConfig)); err != nil {
		return "", err
	}
	s, _, err := loadSettings(p)
	if err != nil {
		return "", err
	}
	return s.storePath, restoreStore(filepath.Join(dir, backupStore), &s)
}

// restoreConfig copies the configuration directory, or checks that the one that is there is that of the same router.
func restoreConfig(p paths, from string) error {
	if _, err := os.Lstat(p.ini()); err == nil {
		return sameIdentity(p.cfgDir, from)
	}
	if err := requireEmpty(p.cfgDir); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(p.cfgDir), 0o755); err != nil {
		return err
	}
	whole := p.cfgDir + partial
	if err := os.RemoveAll(whole); err != nil {
		return err
	}
	if err := copyTree(from, whole); err != nil {
		return err
	}
	return publish(whole, p.cfgDir)
}

// sameIdentity compares the fingerprints by which clients know a router.
func sameIdentity(cfgDir, from string) error {
	const name = "fingerprint"
	ours, err := os.ReadFile(filepath.Join(cfgDir, name))
	if err != nil {
		return err
	}
	theirs, err := os.ReadFile(filepath.Join(from, name))
	if err != nil {
		return err
	}
	if !bytes.Equal(bytes.TrimSpace(ours), bytes.TrimSpace(theirs)) {
		return fmt.Errorf("%s is the configuration of another router than the backup's; move it away to restore that one, or set SMP_SERVER_CFG_PATH", cfgDir)
	}
	return nil
}

// restoreStore copies the store, opens the copy to see that it is whole, and gives it its name.
func restoreStore(from string, s *settings) error {
	if err := requireEmpty(s.storePath); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.storePath), 0o700); err != nil {
		return err
	}
	whole := s.storePath + partial
	if err := os.RemoveAll(whole); err != nil {
		return err
	}
	err := copyTree(from, whole)
	if err == nil {
		err = tryStore(whole, s.store)
	}
	if err == nil {
		err = publish(whole, s.storePath)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("cannot restore the store: %w", err), os.RemoveAll(whole))
	}
	return nil
}

func tryStore(dir string, o wal.Options) error {
	if !holdsStore(dir) {
		return errors.New("the backup holds none") // and opening would make one
	}
	store, err := wal.Open(dir, o)
	if err != nil {
		return err
	}
	return store.Close()
}

// holdsStore tells a directory with a store from one that only has its name.
func holdsStore(dir string) bool {
	found, err := filepath.Glob(filepath.Join(dir, "marker.manifest.*"))
	return err == nil && len(found) > 0
}
