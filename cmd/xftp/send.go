package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

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
}

func sendCommand() *cobra.Command {
	var o sendOptions
	cmd := &cobra.Command{
		Use:     "send FILE [DIR]",
		Short:   "Encrypt and upload a file, and write its descriptions to DIR/FILE.xftp",
		Example: "  xftp send photo.jpg\n  xftp send -n 2 -s 'xftp://FINGERPRINT@a.example;xftp://FINGERPRINT:PASSWORD@b.example' photo.jpg sent/",
		Args:    cobra.RangeArgs(1, 2),
		RunE:    func(cmd *cobra.Command, args []string) error { return send(cmd, args, &o) },
	}
	cmd.Flags().IntVarP(&o.recipients, "count", "n", 1, "number of recipients")
	cmd.Flags().StringVarP(&o.servers, "servers", "s", "", "XFTP routers, separated by semicolons (default: public ones)")
	o.addTo(cmd)
	cmd.Flags().StringVar(&o.temp, "tmp", "", "directory for the encrypted file (default: the system's)")
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

func send(cmd *cobra.Command, args []string, o *sendOptions) error {
	if o.servers == "" && cmd.Flags().Changed("servers") {
		return errors.New("--servers is empty; give addresses, or leave it out for the public routers")
	}
	servers, err := parseServers(o.servers)
	if err != nil {
		return err
	}
	if o.recipients < 1 {
		return fmt.Errorf("-n %d: give 1 recipient or more", o.recipients)
	}
	pool, err := o.pool(cmd)
	if err != nil {
		return err
	}
	defer pool.Close()
	out := cmd.OutOrStdout()
	p := newProgress(out, "Uploaded")
	p.line("Encrypting file...")
	sent, err := pool.Send(cmd.Context(), args[0], client.SendOptions{
		Servers: servers, Recipients: o.recipients, TempDir: o.temp,
		Progress: p.set, Uploading: func() { p.line("Uploading file...") },
	})
	p.end()
	if err != nil {
		return err
	}
	dir := "."
	if len(args) > 1 {
		dir = args[1]
	}
	path, err := client.UniquePath(dir, filepath.Base(args[0])+".xftp")
	if err != nil {
		return err
	}
	paths, err := writeDescriptions(path, sent)
	if err != nil {
		return err
	}
	p.line("File uploaded!")
	fmt.Fprintf(out, "\nSender file description: %s\n", paths[0])
	fmt.Fprintln(out, "Pass file descriptions to the recipient(s):")
	for _, path := range paths[1:] {
		fmt.Fprintln(out, path)
	}
	fmt.Fprintf(out, "\nWeb link:\n%s\n", sent.Recipients[0].WebLink("https://"+servers[0].Hosts[0]))
	return nil
}

// writeDescriptions writes the sender's and each recipient's description; they hold keys.
func writeDescriptions(dir string, sent *client.Sent) (paths []string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
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
