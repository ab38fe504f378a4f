package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
	"switchyard/xftp/desc"
)

type delOptions struct {
	network
	yes bool
}

func delCommand(c *console) *cobra.Command {
	var o delOptions
	cmd := &cobra.Command{
		Use:     "del FILE",
		Short:   "Delete the file that a sender's description describes from its routers",
		Example: "  xftp del photo.jpg.xftp/snd.xftp.private",
		Args:    cli.Arguments(1, 1),
		RunE:    func(cmd *cobra.Command, args []string) error { return del(cmd.Context(), c, args[0], &o) },
	}
	o.addTo(cmd, c)
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "delete the description afterwards without asking")
	return cmd
}

func del(ctx context.Context, c *console, path string, o *delOptions) error {
	in, err := c.readFor(ctx, path, desc.Sender)
	if err != nil {
		return err
	}
	pool, err := o.pool(c)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := pool.Delete(ctx, in.Description); err != nil {
		return err
	}
	if !c.event("deleted", fields{"description": path}) {
		c.result("File deleted!")
	}
	return c.removeDescription(ctx, in.path, o.yes)
}

// removeDescription deletes a description that has become useless, if it may.
func (c *console) removeDescription(ctx context.Context, path string, yes bool) error {
	if path == "" {
		c.end()
		return nil
	}
	if yes {
		if err := os.Remove(path); err != nil {
			return err
		}
		if !c.json {
			c.line("File description %s is deleted.", path)
		}
		return nil
	}
	yes, err := c.ask(ctx, "File description "+path+" can't be used again. Delete it", true)
	if err != nil || !yes {
		return err
	}
	return os.Remove(path)
}
