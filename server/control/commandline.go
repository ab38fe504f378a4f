package control

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// CommandLine is the command `control` of a server's program. socket says where the router has its socket.
func CommandLine(program string, socket func() (string, error)) *cobra.Command {
	return &cobra.Command{
		Use:   "control COMMAND…",
		Short: "Give the running router a command of its control port, as administrator and without a password",
		Long: `Give the running router a command of its control port, as administrator and without a password.

The command goes over the socket beside the router's store, which only the router's user may open. The answer is printed.
Exit code 1 means that the answer is an error, or that no router runs. ` + "`" + program + " control help`" + ` names the commands.`,
		Example:            "  " + program + " control help\n  " + program + " control stats-rts",
		DisableFlagParsing: true, // IDs may begin with a dash
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("give a command, such as: %s control help", program)
			}
			if args[0] == "--help" || args[0] == "-h" {
				return cmd.Help()
			}
			name, err := socket()
			if err != nil {
				return err
			}
			lines, err := Ask(name, strings.Join(args, " "))
			if errors.Is(err, ErrStopped) {
				return fmt.Errorf("%w, or not as this user: nobody serves %s; run `%s start`, or become the router's user", err, name, program)
			}
			for _, line := range lines {
				fmt.Fprintln(cmd.OutOrStdout(), line)
			}
			return err
		},
	}
}
