package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
	"switchyard/server/directories"
	"switchyard/server/identity"
	"switchyard/tls"
)

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
	var scheme tls.SignatureScheme
	var err error
	if name != "" {
		if name, err = cli.Host("--cn", name); err != nil {
			return err
		}
	}
	commonName := name
	if algorithm == "" || name == "" {
		var oldName string
		if scheme, oldName, err = identity.Current(p.cfgDir); err != nil {
			return err
		}
		commonName = orElse(name, oldName)
	}
	if algorithm != "" {
		if scheme, err = parseAlgorithm(algorithm); err != nil {
			return err
		}
	}
	if _, err := identity.Renew(p.cfgDir, scheme, commonName, time.Now()); err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), "Generated new server credentials")
	if release, err := directories.Alone(p.cfgDir); errors.Is(err, directories.ErrInUse) {
		note(cmd, "the running router has the old ones until it is restarted")
	} else if err == nil {
		release()
	}
	adviseOnCAKey(cmd.OutOrStdout(), p)
	return nil
}
