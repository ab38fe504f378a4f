package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
	"switchyard/server/control"
	"switchyard/server/directories"
	"switchyard/server/inifile"
)

// What a router has in its directories, with the reference's files.
var (
	ownConfig = []string{"smp-server.*", "ca.*", "server.*", "web.*", "fingerprint*", "openssl_*.conf*"}
	ownState  = []string{"store", "store.*", "smp-server-*", "messages", "messages.*", "www"}
)

func deleteCommand(p paths) *cobra.Command {
	return &cobra.Command{
		Use:   "delete",
		Short: "Delete the router in " + p.cfgDir + " and " + p.logDir,
		Long: `Delete the router in ` + p.cfgDir + ` and ` + p.logDir + `: its identity, configuration and queues,
also where the ini has the store elsewhere. The router must not run. Files that are not the router's are left.`,
		Args: cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return deleteAll(cmd, p) },
	}
}

// deleteAll removes the router's files after the answer Y, and nothing but Y.
func deleteAll(cmd *cobra.Command, p paths) error {
	if !directories.Has(p.cfgDir, ownConfig...) && !directories.Has(p.logDir, ownState...) {
		return fmt.Errorf("there is no router in %s and %s; set SMP_SERVER_CFG_PATH and SMP_SERVER_LOG_PATH to where one is", p.cfgDir, p.logDir)
	}
	release, err := directories.Alone(p.cfgDir)
	if err != nil {
		return err
	}
	defer release()
	storePath, elsewhere := storeElsewhere(p)
	all := p.cfgDir + " and " + p.logDir
	if elsewhere {
		all = p.cfgDir + ", " + p.logDir + " and " + storePath
	}
	out := cmd.OutOrStdout()
	fmt.Fprintln(out, "WARNING: deleting the server will make all queues inaccessible: its identity cannot be made again.")
	fmt.Fprintln(out, "It is in "+all+".")
	d := newDialogue(cmd.InOrStdin(), out)
	if d.line("Continue (Y/n): ") != "Y" {
		return errors.New("nothing is deleted; answer Y to delete " + all)
	}
	left, err := directories.Remove(p.cfgDir, ownConfig...)
	more, err2 := directories.Remove(p.logDir, ownState...)
	left, err = append(left, more...), errors.Join(err, err2)
	if elsewhere {
		more, err2 = directories.RemoveStore(storePath)
		left, err = append(left, more...), errors.Join(err, err2, os.RemoveAll(control.Socket(storePath)), os.RemoveAll(storePath+partial))
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "Deleted configuration and log files")
	if len(left) > 0 {
		note(cmd, "left, as it is not the router's or cannot be removed: %s", strings.Join(left, ", "))
	}
	return nil
}

// storeElsewhere tells where the ini has the store if that is not its usual place. A store that cannot be found, as the ini
// cannot be read, stays.
func storeElsewhere(p paths) (path string, elsewhere bool) {
	f, err := inifile.Load(p.ini())
	if err != nil {
		return "", false
	}
	path = f.Text("SWITCHYARD", "store_path", "")
	return path, path != "" && filepath.Clean(path) != filepath.Clean(p.storeDir())
}
