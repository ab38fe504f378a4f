// Package backup makes backups of servers, and puts them back. A backup is a directory with all that makes a server again:
//
//	etc/    the configuration directory: ini, keys, certificates, fingerprint
//	store/  what the server keeps, as it was at one moment
//	…       what else a server has
//
// It is made under another name beside its own, and renamed when it is whole and on the disk, so that a crash leaves no half
// one. Whoever can read it can be the server: directories and files in it are their owner's alone, but for those that are
// linked.
//
// backup imports server/cli, server/directories and server/manage. Its functions may be called by several goroutines; a backup
// that is being made keeps others from its name.
package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/server/manage"
)

// Names in a backup.
const (
	Config = "etc"
	Store  = "store"
)

// Partial ends the names of what is not whole yet.
const Partial = ".partial"

// OneDirectory wants one argument.
func OneDirectory(cmd *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return fmt.Errorf("give one directory; see %s --help", cmd.CommandPath())
	}
	return nil
}

// Make makes a backup in dir, which must not exist or be empty, and not be in any of the directories that are backed up. save
// puts what the server keeps into the directory that becomes dir.
func Make(p *manage.Program, dir string, outside []string, save func(whole string) error) error {
	for _, parent := range append([]string{p.Config}, outside...) {
		if within(dir, parent) {
			return fmt.Errorf("%s is within what is backed up; name another directory", dir)
		}
	}
	if err := RequireEmpty(dir); err != nil {
		return err
	}
	whole := dir + Partial
	if err := os.Mkdir(whole, 0o700); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there, of a backup that is being made or did not come to its end; remove it, or name another directory", whole)
	} else if err != nil {
		return fmt.Errorf("cannot make the backup: %w; see to it that the router's user may write there, or name another directory", err)
	}
	err := save(whole)
	if err == nil {
		err = copyTree(p.Config, filepath.Join(whole, Config))
	}
	if err == nil {
		err = Publish(whole, dir)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("cannot make the backup: %w", err), os.RemoveAll(whole))
	}
	return nil
}

// within tells whether dir is parent or below it.
func within(dir, parent string) bool {
	parent, err := filepath.Abs(parent)
	if err != nil {
		return false
	}
	r, err := filepath.Rel(parent, dir)
	return err == nil && r != ".." && !strings.HasPrefix(r, ".."+string(filepath.Separator))
}

// RequireEmpty wants a directory that does not exist, or is empty.
func RequireEmpty(dir string) error {
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
