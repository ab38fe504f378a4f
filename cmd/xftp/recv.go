package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"switchyard/xftp/client"
	"switchyard/xftp/desc"
)

type recvOptions struct {
	network
	temp string
	yes  bool
}

func recvCommand() *cobra.Command {
	var o recvOptions
	cmd := &cobra.Command{
		Use:     "recv FILE|LINK [DIR|PATH]",
		Short:   "Download and decrypt the file that a description or a link describes",
		Example: "  xftp recv rcv1.xftp\n  xftp recv 'https://xftp.example/#FRAGMENT' photo.jpg",
		Args:    cobra.RangeArgs(1, 2),
		RunE:    func(cmd *cobra.Command, args []string) error { return receive(cmd, args, &o) },
	}
	o.addTo(cmd)
	cmd.Flags().StringVar(&o.temp, "tmp", "", "directory for the packets (default: the system's)")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "delete the description afterwards without asking")
	return cmd
}

// readDescription reads a description file.
func readDescription(path string) (*desc.Description, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d, err := desc.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("Failed to parse file description: %w", err)
	}
	return d, nil
}

func receive(cmd *cobra.Command, args []string, o *recvOptions) error {
	read := readDescription
	if desc.IsLink(args[0]) {
		read = desc.ParseLink
	}
	d, err := read(args[0])
	if err == nil {
		d, err = d.For(desc.Recipient)
	}
	if err != nil {
		return err
	}
	pool, err := o.pool(cmd)
	if err != nil {
		return err
	}
	defer pool.Close()
	p := newProgress(cmd.OutOrStdout(), "Downloaded")
	p.line("Downloading file...")
	path, err := pool.Receive(cmd.Context(), d, client.ReceiveOptions{
		Destination: func(name string) (string, error) { return destination(args[1:], client.SafeName(name)) },
		TempDir:     o.temp,
		Progress:    p.set,
		Decrypting:  func() { p.end(); p.line("Decrypting file...") },
	})
	p.end()
	if path != "" {
		p.line("File downloaded: " + path)
	}
	if err != nil {
		return err
	}
	if desc.IsLink(args[0]) {
		fmt.Fprintln(cmd.OutOrStdout())
		return nil
	}
	return removeDescription(cmd, args[0], o.yes)
}

// destination is where a file of a name goes: into the directory that was given, to the path that was given, or to
// the directory for downloads.
func destination(given []string, name string) (string, error) {
	if len(given) == 0 {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		return client.UniquePath(filepath.Join(home, "Downloads"), name)
	}
	switch info, err := os.Stat(given[0]); {
	case errors.Is(err, os.ErrNotExist):
		return given[0], nil
	case err != nil:
		return "", err
	case info.IsDir():
		return client.UniquePath(given[0], name)
	}
	return "", client.ErrExists
}
