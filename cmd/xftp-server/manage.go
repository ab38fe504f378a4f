package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
	"switchyard/server/directories"
	"switchyard/server/identity"
)

// requireInitialized refuses to go on without an ini file.
func requireInitialized(p paths) error {
	if _, err := os.Lstat(p.ini()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s does not exist, so there is no router yet; run `xftp-server init`, or set XFTP_SERVER_CFG_PATH to where its files are", p.ini())
	}
	return nil
}

func certCommand(p paths) *cobra.Command {
	var algorithm, name string
	cmd := &cobra.Command{
		Use:   "cert",
		Short: "Renew the TLS key and certificate of the router in " + p.cfgDir,
		Args:  cli.Arguments(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return renew(cmd, p, algorithm, name) },
	}
	cmd.Flags().StringVarP(&algorithm, "sign-algorithm", "a", "", "`ALGORITHM` of the new key: ED25519 or ED448 (default: as before)")
	cmd.Flags().StringVar(&name, "cn", "", "`HOST` in the new certificate, FQDN or IP address (default: as before)")
	return cmd
}

func renew(cmd *cobra.Command, p paths, algorithm, name string) error {
	if err := requireInitialized(p); err != nil {
		return err
	}
	if name != "" {
		var err error
		if name, err = cli.Host("--cn", name); err != nil {
			return err
		}
	}
	scheme, oldName, err := identity.Current(p.cfgDir)
	if err != nil && (algorithm == "" || name == "") {
		return err
	}
	if algorithm != "" {
		if scheme, err = parseAlgorithm(algorithm); err != nil {
			return err
		}
	}
	if name == "" {
		name = oldName
	}
	if _, err := identity.Renew(p.cfgDir, scheme, name, time.Now()); err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), "Generated new server credentials")
	if release, err := directories.Alone(p.cfgDir); errors.Is(err, directories.ErrInUse) {
		note(cmd.ErrOrStderr(), "the running router has the old ones until it is restarted")
	} else if err == nil {
		release()
	}
	adviseOnCAKey(cmd.OutOrStdout(), p)
	return nil
}

// databaseCommand is there for those who look for it: there is no database, and a store log is taken over by start.
func databaseCommand(p paths) *cobra.Command {
	return &cobra.Command{
		Use:       "database import|export",
		Short:     "Not needed: start takes over " + p.storeLog(),
		Args:      cli.Arguments(1, 1),
		ValidArgs: []string{"import", "export"},
		RunE: func(_ *cobra.Command, args []string) error {
			if args[0] == "import" {
				return fmt.Errorf("nothing is imported; put the store log at %s, and `xftp-server start` takes it over", p.storeLog())
			}
			return errors.New("this router has no database to export")
		},
	}
}
