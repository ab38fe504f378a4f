package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
	"switchyard/xftp/client"
	"switchyard/xftp/desc"
)

func infoCommand(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "info FILE|LINK",
		Short:   "Show what a description or a link describes, without using it up",
		Example: "  xftp info rcv1.xftp",
		Args:    cli.Arguments(1, 1),
		RunE:    func(cmd *cobra.Command, args []string) error { return info(cmd.Context(), c, args[0]) },
	}
	c.addTo(cmd)
	return cmd
}

func info(ctx context.Context, c *console, arg string) error {
	d, err := c.readInput(ctx, arg)
	if err != nil {
		return err
	}
	size := d.Size
	if d.Redirect != nil {
		size = d.Redirect.Size
	}
	var servers []fields
	for _, s := range d.ServerSizes() {
		servers = append(servers, fields{"server": s.Server.String(), "size": s.Size})
	}
	if c.event("info", fields{"party": d.Party, "size": size, "servers": servers}) {
		return nil
	}
	c.line("%s file description", map[desc.Party]string{desc.Recipient: "Recipient", desc.Sender: "Sender"}[d.Party])
	c.line("File download size: %s", desc.SizeText(size))
	c.line("File server(s):")
	for _, s := range d.ServerSizes() {
		c.line("%s: %s", s.Server.String(), desc.SizeText(s.Size))
	}
	return nil
}

// randCommand makes files for trying things out; as in the reference the help does not list it.
func randCommand(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "rand FILE SIZE",
		Short:   "Make a file of random bytes",
		Example: "  xftp rand testfile 17mb",
		Hidden:  true,
		Args:    cli.Arguments(2, 2),
		RunE:    func(cmd *cobra.Command, args []string) error { return random(cmd.Context(), c, args[0], args[1]) },
	}
	c.addTo(cmd)
	return cmd
}

func random(ctx context.Context, c *console, path, sizeText string) error {
	size, err := desc.ParseSize(sizeText)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w; give another path", path, client.ErrExists)
	}
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	_, err = io.CopyN(w, client.Until(ctx, rand.Reader), size)
	if err := errors.Join(err, w.Flush(), f.Close()); err != nil {
		os.Remove(path)
		return err
	}
	if !c.event("created", fields{"path": path}) {
		c.line("File created: %s", path)
	}
	return nil
}
