package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
	"switchyard/smp"
	"switchyard/xftp/client"
	"switchyard/xftp/desc"
)

// presets are the public routers that the reference's client uses when it is given none.
var presets = []string{
	"xftp://da1aH3nOT-9G8lV7bWamhxpDYdJ1xmW7j3JpGaDR5Ug=@xftp1.simplex.im,blisztokwh6alt5oem45f2eksm2xdowxszmhjesntcyolmhutoon7sid.onion",
	"xftp://5vog2Imy1ExJB_7zDZrkV1KDWi96jYFyy9CL6fndBVw=@xftp2.simplex.im,jk6jybnel5hin2am5omd7g3hyvb4tfkyl7ea4vx5ldi7gpvz5ogqtcqd.onion",
	"xftp://PYa32DdYNFWi0uZZOprWQoQpIk5qyjRJ3EF7bVpbsn8=@xftp3.simplex.im,pqhchr4bpkzef5wra4hnmzvppn5j5mjrpzkh5ixx6mhylnxxd6lmwnad.onion",
	"xftp://k_GgQl40UZVV0Y4BX9ZTyMVqX5ZewcLW0waQIl7AYDE=@xftp4.simplex.im,q2lrjgiyo2efyweksavwxh3dlsrxetaxjztde2x5nateugrtrwzvmdid.onion",
	"xftp://-bIo6o8wuVc4wpZkZD3tH-rCeYaeER_0lz1ffQcSJDs=@xftp5.simplex.im,2kikdbdhlrluburwt6q6rnoxvezcm2ifx2hj463jlunkeftlzm7hf3qd.onion",
	"xftp://6nSvtY9pJn6PXWTAIMNl95E1Kk1vD7FM2TeOA64CFLg=@xftp6.simplex.im,tg3fmu6houq7vfqlsipm2qqzhtpgxesnuydqozx3khojxydhs53sbbyd.onion",
}

type sendOptions struct {
	network
	recipients int
	servers    string
	temp       string
	out        string
	name       string
	fresh      bool
}

const sendLong = `Encrypt and upload a file, and write its descriptions to DIR/FILE.xftp.

A directory, or several files and directories, go as one archive (tar); xftp recv --unpack unpacks it. Of two arguments the
second is DIR, as with the reference's program, unless it is a file that is there; with --out everything is sent. "-" is
standard input.

What an interrupted call has uploaded stays on the routers for a while; the same call goes on from there within 12 hours.`

func sendCommand(c *console) *cobra.Command {
	var o sendOptions
	cmd := &cobra.Command{
		Use:   "send FILE... [DIR]",
		Short: "Encrypt and upload a file, and write its descriptions to DIR/FILE.xftp",
		Long:  sendLong,
		Example: "  xftp send photo.jpg\n  xftp send -n 2 -s 'xftp://FINGERPRINT@a.example;xftp://FINGERPRINT:PASSWORD@b.example' photo.jpg sent/\n" +
			"  xftp send --out sent photos/ notes.txt\n  pg_dump shop | xftp send --name shop.sql -",
		Args: cli.Arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.servers == "" && cmd.Flags().Changed("servers") {
				return errors.New("--servers is empty; give addresses, or leave it out for the public routers")
			}
			if o.name == "" && cmd.Flags().Changed("name") || o.name == "." || o.name == ".." || len(o.name) > 255 || strings.ContainsAny(o.name, "/\x00") {
				return errors.New("--name is no name of a file; give one of up to 255 bytes, without slashes")
			}
			return send(cmd.Context(), c, args, &o)
		},
	}
	cmd.Flags().IntVarP(&o.recipients, "count", "n", 1, fmt.Sprintf("`NUMBER` of recipients, up to %d", client.MaxRecipients))
	cmd.Flags().StringVarP(&o.servers, "servers", "s", "", "`ADDRESSES` of XFTP routers, separated by semicolons (default: public ones)")
	o.addTo(cmd, c)
	cmd.Flags().StringVar(&o.temp, "tmp", "", "`DIR` for the encrypted file (default: the system's)")
	cmd.Flags().StringVarP(&o.out, "out", "o", "", "`DIR` for the descriptions, where all arguments are to be sent")
	cmd.Flags().StringVar(&o.name, "name", "", "`NAME` of the file for the recipients (default: its own)")
	cmd.Flags().BoolVar(&o.fresh, "fresh", false, "delete what an interrupted call has uploaded, and begin anew")
	return cmd
}

// parseServers reads a list of addresses, which may have passwords.
func parseServers(list string) (servers []smp.ServerAddress, err error) {
	texts := presets
	if list != "" {
		texts = strings.Split(list, ";")
	}
	for _, text := range texts {
		a, err := smp.ParseAddress(text)
		if err != nil || a.Scheme != smp.SchemeXFTP {
			return nil, errors.New("--servers: an address is not of the form xftp://FINGERPRINT[:PASSWORD]@HOST[,HOST][:PORT]")
		}
		servers = append(servers, a)
	}
	return servers, nil
}

func send(ctx context.Context, c *console, args []string, o *sendOptions) error {
	servers, err := parseServers(o.servers)
	if err != nil {
		return err
	}
	if o.recipients < 1 || o.recipients > client.MaxRecipients {
		return fmt.Errorf("-n %d: give 1 to %d recipients", o.recipients, client.MaxRecipients)
	}
	pool, err := o.pool(c)
	if err != nil {
		return err
	}
	defer pool.Close()
	paths, dir, err := o.whatAndWhere(c, args)
	if err != nil {
		return err
	}
	src, err := c.source(ctx, paths, o)
	if err != nil {
		return err
	}
	defer src.Close()
	descriptions, err := newDescriptions(dir, src.Name)
	if err != nil {
		return err
	}
	sent, err := pool.SendSource(ctx, src.Source, client.SendOptions{
		Servers: servers, Recipients: o.recipients, TempDir: o.temp, Journal: src.journal(o.recipients), Fresh: o.fresh,
		Encrypting: func() { c.phase("encrypting") }, Uploading: func() { c.phase("uploading") },
		Progress: c.progress, Moved: c.moved, Resuming: c.resuming,
	})
	if err != nil {
		os.Remove(descriptions) // empty
		c.tellKept(err, "uploaded", ", or begins anew with --fresh")
		return err
	}
	defer sent.Close()
	written, err := writeDescriptions(descriptions, sent)
	if err != nil {
		os.RemoveAll(descriptions)
		c.note("the file is uploaded as a whole; the same command writes its descriptions when it can")
		return err
	}
	sent.Forget()
	c.showSent(ctx, src.Name, sent, written)
	return nil
}

// whatAndWhere sorts the arguments: what to send, and the directory for descriptions.
func (o *sendOptions) whatAndWhere(c *console, args []string) (paths []string, dir string, err error) {
	if o.out != "" {
		return args, o.out, nil
	}
	if len(args) != 2 {
		return args, ".", nil
	}
	switch info, err := os.Stat(args[1]); {
	case args[1] == "-", err == nil && !info.IsDir():
		return args, ".", nil
	case err == nil:
		if first, err := os.Stat(args[0]); err == nil && first.IsDir() {
			c.note("%s is for the descriptions; with --out DIR it is sent, too", args[1])
		}
	}
	return args[:1], args[1], nil
}

// newDescriptions makes the directory for descriptions, so that nothing else gets its name.
func newDescriptions(dir, name string) (string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	return client.Unique(dir, client.Shorten(name, "", 250)+".xftp", func(path string) error { return os.Mkdir(path, 0o700) })
}

// writeDescriptions writes the sender's and each recipient's description; they hold keys.
func writeDescriptions(dir string, sent *client.Sent) (paths []string, err error) {
	write := func(name string, d *desc.Description) {
		path := filepath.Join(dir, name)
		err = errors.Join(err, os.WriteFile(path, d.YAML(), 0o600))
		paths = append(paths, path)
	}
	write("snd.xftp.private", sent.Sender)
	for i, d := range sent.Recipients {
		write("rcv"+strconv.Itoa(i+1)+".xftp", d)
	}
	return paths, err
}

func serversOf(d *desc.Description) (servers []smp.ServerAddress) {
	for i := range d.Chunks {
		servers = append(servers, d.Chunks[i].Replicas[0].Server)
	}
	return servers
}

// showSent shows descriptions, and the link if one of the routers has a page for it.
func (c *console) showSent(ctx context.Context, name string, sent *client.Sent, paths []string) {
	if !c.json {
		c.result("File uploaded!")
		c.line("Sender file description: %s", paths[0])
		c.line("Pass file descriptions to the recipient(s):")
		for _, path := range paths[1:] {
			c.line("%s", path)
		}
	}
	f := fields{"name": name, "size": sent.Sender.Size, "sender": paths[0], "recipients": paths[1:]}
	origin := client.Site(ctx, serversOf(sent.Recipients[0]))
	if origin == "" {
		if !c.event("sent", f) {
			c.line("\nNo web link: no page of the routers answers.")
		}
		return
	}
	f["link"] = sent.Recipients[0].WebLink(origin)
	if !c.event("sent", f) {
		c.line("\nWeb link:\n%s", f["link"])
	}
}

// resuming tells that an earlier call has done a part of the work.
func (c *console) resuming(done, total int64) {
	if !c.event("resuming", fields{"done": done, "total": total}) {
		c.note("going on: %s of %s are there from before", desc.SizeText(done), desc.SizeText(total))
	}
}

// tellKept tells what a transfer that failed has left for another try.
func (c *console) tellKept(err error, what, or string) {
	var kept *client.Interrupted
	if errors.As(err, &kept) {
		c.note("%s of %s are %s already; the same command goes on from there%s: see %s", desc.SizeText(kept.Done), desc.SizeText(kept.Total), what, or, kept.Kept)
	}
}
