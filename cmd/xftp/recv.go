package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
	"switchyard/xftp/client"
	"switchyard/xftp/desc"
)

type recvOptions struct {
	network
	temp   string
	yes    bool
	keep   bool
	unpack bool
}

const recvLong = `Download and decrypt the file that a description or a link describes.

The file goes to PATH, or into DIR under its sender's name, or else into ~/Downloads; nothing is overwritten. "-" is a
description or a link on standard input.

A description is used up: the routers are told that the file has come, and give it to nobody by this description again. A
link may be for others, too: it is asked whether to end it, and it stays when nobody answers. With --keep either can be
used again until the file expires; with -y nothing is asked, and both are used up.

Packets that have come before a download was interrupted stay in the directory of --tmp; the same call goes on from there.`

func recvCommand(c *console) *cobra.Command {
	var o recvOptions
	cmd := &cobra.Command{
		Use:     "recv FILE|LINK [DIR|PATH]",
		Short:   "Download and decrypt the file that a description or a link describes",
		Long:    recvLong,
		Example: "  xftp recv rcv1.xftp downloads/\n  xftp recv 'https://xftp.example/file/#FRAGMENT' photo.jpg\n  xftp recv --unpack photos.tar.xftp/rcv1.xftp",
		Args:    cli.Arguments(1, 2),
		RunE:    func(cmd *cobra.Command, args []string) error { return receive(cmd.Context(), c, args, &o) },
	}
	o.addTo(cmd, c)
	cmd.Flags().StringVar(&o.temp, "tmp", "", "`DIR` for the packets (default: the system's)")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "use up link or description, and delete the description, without asking")
	cmd.Flags().BoolVar(&o.keep, "keep", false, "leave the file on the routers, so that link or description can be used again")
	cmd.Flags().BoolVar(&o.unpack, "unpack", false, "unpack an archive (tar) into a directory of its own")
	cmd.MarkFlagsMutuallyExclusive("yes", "keep")
	return cmd
}

func receive(ctx context.Context, c *console, args []string, o *recvOptions) error {
	in, err := c.readFor(ctx, args[0], desc.Recipient)
	if err != nil {
		return err
	}
	pool, err := o.pool(c)
	if err != nil {
		return err
	}
	defer pool.Close()
	to, err := findPlace(args[1:], o.unpack)
	if err != nil {
		return err
	}
	r := &received{ctx: ctx, console: c, options: o, input: in}
	c.phase("downloading")
	path, err := pool.Receive(ctx, in.Description, client.ReceiveOptions{
		Destination: to.path, Dir: to.dir, TempDir: o.temp,
		Progress: c.progress, Moved: c.moved, Decrypting: func() { c.phase("decrypting") }, Resuming: c.resuming,
		Acknowledge: r.acknowledge,
	})
	if path == "" {
		c.tellKept(err, "downloaded", "")
		return err
	}
	if err != nil {
		c.note("the file is there as a whole: %s", path)
		return err
	}
	if r.err != nil {
		return r.err
	}
	if o.unpack {
		if err := c.unpack(ctx, path, to); err != nil {
			return err
		}
	}
	return r.end()
}

// received is a file that is there, and the question what becomes of its link or description.
type received struct {
	ctx     context.Context
	console *console
	options *recvOptions
	input   input
	kept    bool
	err     error
}

// Words of the page, too.
const (
	stays = "The link can be used again until the file expires."
	ends  = "The link has ended: nobody can download the file with it any more."
)

// acknowledge shows the file, and decides whether it is used up.
func (r *received) acknowledge(path string) bool {
	c, o := r.console, r.options
	r.kept = o.keep || r.input.link && !o.yes
	if !c.json {
		c.result("File downloaded: " + path)
		if r.input.link && r.kept && !o.keep && c.interactive() {
			var end bool
			if end, r.err = c.ask(r.ctx, "\nThe link may be for others, too. End it, so that nobody can download the file with it any more", false); r.err != nil {
				return false
			}
			r.kept = !end
		}
	}
	if info, err := os.Stat(path); err == nil {
		c.event("received", fields{"path": path, "size": info.Size(), "kept": r.kept})
	}
	return !r.kept
}

// end says what has become of the link, or asks for a description that is of no use any more.
func (r *received) end() error {
	c := r.console
	switch {
	case r.input.link && c.json:
	case r.input.link && r.kept:
		c.line(stays)
	case r.input.link:
		c.line(ends)
	case r.kept:
		c.end()
	default:
		return c.removeDescription(r.ctx, r.input.path, r.options.yes)
	}
	return nil
}
