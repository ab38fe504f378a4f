package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"switchyard/xftp/desc"
)

func infoCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "info FILE",
		Short:   "Show what a description describes",
		Example: "  xftp info rcv1.xftp",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return info(cmd.OutOrStdout(), args[0]) },
	}
}

func info(out io.Writer, path string) error {
	d, err := readDescription(path)
	if err != nil {
		return err
	}
	party := "Recipient"
	if d.Party == desc.Sender {
		party = "Sender"
	}
	fmt.Fprintln(out, party+" file description")
	fmt.Fprintln(out, "File download size: "+desc.SizeText(d.Size))
	fmt.Fprintln(out, "File server(s):")
	for _, s := range d.ServerSizes() {
		fmt.Fprintln(out, s.Server.String()+": "+desc.SizeText(s.Size))
	}
	return nil
}

// randCommand makes files for trying things out; as in the reference the help does not list it.
func randCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "rand FILE SIZE",
		Short:   "Make a file of random bytes",
		Example: "  xftp rand testfile 17mb",
		Hidden:  true,
		Args:    cobra.ExactArgs(2),
		RunE:    func(cmd *cobra.Command, args []string) error { return random(cmd.OutOrStdout(), args[0], args[1]) },
	}
}

func random(out io.Writer, path, sizeText string) error {
	size, err := desc.ParseSize(sizeText)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	_, err = io.CopyN(w, rand.Reader, size)
	if err := errors.Join(err, w.Flush(), f.Close()); err != nil {
		return err
	}
	fmt.Fprintln(out, "File created: "+path)
	return nil
}
