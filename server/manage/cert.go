package manage

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
	"switchyard/server/directories"
	"switchyard/server/identity"
)

// CertCommand is cert, which renews the key and the certificate of TLS.
func (p *Program) CertCommand() *cobra.Command {
	var algorithm, name string
	cmd := &cobra.Command{
		Use:   "cert",
		Short: "Renew the TLS key and certificate of the router in " + p.Config,
		Args:  cli.Arguments(0, 0),
		RunE:  func(cmd *cobra.Command, _ []string) error { return p.renew(cmd, algorithm, name) },
	}
	cmd.Flags().StringVarP(&algorithm, "sign-algorithm", "a", "", "`ALGORITHM` of the new key: ED25519 or ED448 (default: as before)")
	cmd.Flags().StringVar(&name, "cn", "", "`HOST` in the new certificate, FQDN or IP address (default: as before)")
	return cmd
}

func (p *Program) renew(cmd *cobra.Command, algorithm, name string) error {
	if err := p.RequireInitialized(); err != nil {
		return err
	}
	if name != "" {
		var err error
		if name, err = cli.Host("--cn", name); err != nil {
			return err
		}
	}
	scheme, oldName, err := identity.Current(p.Config)
	if err != nil && (algorithm == "" || name == "") {
		return err
	}
	if algorithm != "" {
		if scheme, err = ParseAlgorithm(algorithm); err != nil {
			return err
		}
	}
	if name == "" {
		name = oldName
	}
	if _, err := identity.Renew(p.Config, scheme, name, time.Now()); err != nil {
		return err
	}
	fmt.Fprintln(cmd.OutOrStdout(), "Generated new server credentials")
	if release, err := directories.Alone(p.Config); errors.Is(err, directories.ErrInUse) {
		p.Note(cmd.ErrOrStderr(), "the running router has the old ones until SIGHUP, or systemctl reload, has it reread them")
	} else if err == nil {
		release()
	}
	p.AdviseOnCAKey(cmd.OutOrStdout())
	return nil
}
