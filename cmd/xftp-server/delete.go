package main

import (
	"bufio"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
	"switchyard/server/directories"
	"switchyard/server/inifile"
)

// What a router has in its directories, with the reference's files.
var (
	ownConfig = []string{"file-server.*", "ca.*", "server.*", "web.*", "fingerprint*", "openssl_*.conf*"}
	ownState  = []string{"store", "store.*", "file-server-*", "xftp-server-metrics.*", "www"}
)

func deleteCommand(p paths) *cobra.Command {
	return &cobra.Command{
		Use:   "delete",
		Short: "Delete the router in " + p.cfgDir + " and " + p.logDir,
		Long: `Delete the router in ` + p.cfgDir + ` and ` + p.logDir + `: its identity, configuration and what it
knows of files, also where the ini has the store elsewhere. The router must not run. The packets and files that are not the
router's are left.`,
		Args: cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return deleteAll(cmd, p) },
	}
}

// deleteAll removes the router's files after the answer Y, and nothing but Y.
func deleteAll(cmd *cobra.Command, p paths) error {
	if !directories.Has(p.cfgDir, ownConfig...) && !directories.Has(p.logDir, ownState...) {
		return fmt.Errorf("there is no router in %s and %s; set XFTP_SERVER_CFG_PATH and XFTP_SERVER_LOG_PATH to where one is", p.cfgDir, p.logDir)
	}
	release, err := directories.Alone(p.cfgDir)
	if err != nil {
		return err
	}
	defer release()
	storePath, packets := elsewhere(p)
	all := p.cfgDir + " and " + p.logDir
	if storePath != "" {
		all = p.cfgDir + ", " + p.logDir + " and " + storePath
	}
	out := cmd.OutOrStdout()
	fmt.Fprint(out, "WARNING: deleting the server will make all files inaccessible: its identity cannot be made again.\nIt is in "+all+".\nContinue (Y/n): ")
	lines := bufio.NewScanner(cmd.InOrStdin())
	if !lines.Scan() || lines.Text() != "Y" {
		fmt.Fprintln(out)
		return errors.New("nothing is deleted; answer Y to delete " + all)
	}
	left, err := directories.Remove(p.cfgDir, ownConfig...)
	more, err2 := directories.Remove(p.logDir, ownState...)
	left, err = append(left, more...), errors.Join(err, err2)
	if storePath != "" {
		more, err2 = directories.RemoveStore(storePath)
		left, err = append(left, more...), errors.Join(err, err2)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "Deleted configuration and log files")
	if len(left) > 0 {
		note(cmd.ErrOrStderr(), "left, as it is not the router's or cannot be removed: %s", strings.Join(left, ", "))
	}
	if packets != "" {
		note(cmd.ErrOrStderr(), "the packets in %s are of no use any more; remove them", packets)
	}
	return nil
}

// elsewhere tells where the ini has the store if that is not its usual place, and where it has the packets. What cannot be
// found, as the ini cannot be read, stays.
func elsewhere(p paths) (store, packets string) {
	f, err := inifile.Load(p.ini())
	if err != nil {
		return "", ""
	}
	if store = f.Text("SWITCHYARD", "store_path", ""); store != "" && filepath.Clean(store) == filepath.Clean(p.storeDir()) {
		store = ""
	}
	if bucket := f.Text("SWITCHYARD", "s3_bucket", ""); f.Text("SWITCHYARD", "s3_endpoint", "") != "" && bucket != "" {
		return store, "the bucket " + bucket
	}
	return store, f.Text("FILES", "path", "")
}
