package backup

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
)

// Command is that of a server which makes backups: what says what is in one. save makes one in a new directory.
func Command(what, long, example string, save func(ctx context.Context, dir string) error) *cobra.Command {
	keep := 0
	cmd := &cobra.Command{
		Use:     "backup DIR",
		Short:   "Copy the router's " + what + " and configuration to the new directory DIR, also while it runs",
		Long:    "Copy the router's " + what + " and configuration to the new directory DIR, also while it runs.\n\n" + long,
		Example: example,
		Args:    OneDirectory, ValidArgsFunction: cli.Directories,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			own := func(dir string) error { return save(cmd.Context(), dir) }
			switch {
			case keep < 0:
				return fmt.Errorf("--keep %d is no number of backups; give one of 1 and more", keep)
			case keep > 0:
				dir, err = Rotate(dir, keep, time.Now(), own)
			default:
				err = own(dir)
			}
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "Backup made: "+dir)
			return nil
		},
	}
	cmd.Flags().IntVar(&keep, "keep", 0, "DIR is that of all backups: make one in it that is named by the time, and keep the newest `N`")
	return cmd
}
