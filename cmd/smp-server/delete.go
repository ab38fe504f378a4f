package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

func deleteCommand(p paths) *cobra.Command {
	return &cobra.Command{
		Use:   "delete",
		Short: "Delete " + p.cfgDir + " and " + p.logDir,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return deleteAll(cmd, p) },
	}
}

// deleteAll removes both directories after the answer Y, and nothing but Y.
func deleteAll(cmd *cobra.Command, p paths) error {
	out := cmd.OutOrStdout()
	fmt.Fprintln(out, "WARNING: deleting the server will make all queues inaccessible: its identity cannot be made again.")
	d := newDialogue(cmd.InOrStdin(), out)
	if d.line("Continue (Y/n): ") != "Y" {
		return errors.New("nothing is deleted; answer Y to delete " + p.cfgDir + " and " + p.logDir)
	}
	if err := errors.Join(os.RemoveAll(p.cfgDir), os.RemoveAll(p.logDir)); err != nil {
		return err
	}
	fmt.Fprintln(out, "Deleted configuration and log files")
	return nil
}
