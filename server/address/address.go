// Package address is the command that prints the address of a server, which all servers have. It imports server/cli,
// inifile, qrcode, and smp.
package address

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"switchyard/server/cli"
	"switchyard/server/inifile"
	"switchyard/server/qrcode"
	"switchyard/smp"
)

// Command prints the address that load finds.
func Command(load func() (smp.ServerAddress, error)) *cobra.Command {
	code := false
	cmd := &cobra.Command{
		Use:   "address",
		Short: "Print the router's address, as clients take it",
		Args:  cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			address, err := load()
			if err != nil {
				return err
			}
			return print(cmd, address, code)
		},
	}
	cmd.Flags().BoolVar(&code, "qr", false, "as a QR code, too")
	return cmd
}

func print(cmd *cobra.Command, address smp.ServerAddress, code bool) error {
	out := cmd.OutOrStdout()
	if code {
		if slices.Contains(address.Hosts, inifile.UnknownHosts) {
			return errors.New("the address has no host yet, so that no client could use the code; write it as host in section [TRANSPORT] of the ini")
		}
		terminal, _ := out.(interface{ Fd() uintptr })
		text, err := qrcode.Terminal(address.String(), terminal != nil && term.IsTerminal(int(terminal.Fd())))
		if err != nil {
			return err
		}
		fmt.Fprint(out, text)
	}
	fmt.Fprintln(out, address.String())
	return nil
}
