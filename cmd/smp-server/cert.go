package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"switchyard/cmd/internal/identity"
	"switchyard/tls"
)

func certCommand(p paths) *cobra.Command {
	var algorithm, name string
	cmd := &cobra.Command{
		Use:   "cert",
		Short: "Renew the TLS key and certificate of the router in " + p.cfgDir,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return renew(cmd, p, algorithm, name) },
	}
	cmd.Flags().StringVarP(&algorithm, "sign-algorithm", "a", "", "algorithm of the new key: ED25519 or ED448 (default: as before)")
	cmd.Flags().StringVar(&name, "cn", "", "FQDN or IP address in the new certificate (default: as before)")
	return cmd
}

func renew(cmd *cobra.Command, p paths, algorithm, name string) error {
	if err := requireInitialized(p); err != nil {
		return err
	}
	var scheme tls.SignatureScheme
	var err error
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
	adviseOnCAKey(cmd.OutOrStdout(), p)
	return nil
}
