package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/xftp/desc"
)

type delOptions struct {
	network
	yes bool
}

func delCommand() *cobra.Command {
	var o delOptions
	cmd := &cobra.Command{
		Use:     "del FILE",
		Short:   "Delete the file that a sender's description describes from its routers",
		Example: "  xftp del photo.jpg.xftp/snd.xftp.private",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return del(cmd, args[0], &o) },
	}
	o.addTo(cmd)
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "delete the description afterwards without asking")
	return cmd
}

func del(cmd *cobra.Command, path string, o *delOptions) error {
	d, err := readDescription(path)
	if err == nil {
		d, err = d.For(desc.Sender)
	}
	if err != nil {
		return err
	}
	pool, err := o.pool(cmd)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := pool.Delete(cmd.Context(), d); err != nil {
		return err
	}
	newProgress(cmd.OutOrStdout(), "").line("File deleted!")
	return removeDescription(cmd, path, o.yes)
}

// removeDescription deletes a description that has become useless, if it may.
func removeDescription(cmd *cobra.Command, path string, yes bool) error {
	out := cmd.OutOrStdout()
	if yes {
		if err := os.Remove(path); err != nil {
			return err
		}
		fmt.Fprintf(out, "\nFile description %s is deleted.\n", path)
		return nil
	}
	fmt.Fprintln(out)
	answers := bufio.NewScanner(cmd.InOrStdin())
	for {
		fmt.Fprintf(out, "File description %s can't be used again. Delete it (Y/n): ", path)
		if !answers.Scan() {
			fmt.Fprintln(out)
			return answers.Err() // nobody answers: it stays
		}
		switch strings.ToLower(answers.Text()) {
		case "y", "":
			return os.Remove(path)
		case "n":
			return nil
		}
	}
}
