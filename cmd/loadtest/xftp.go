package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"switchyard/loadtest"
	"switchyard/smp"
	"switchyard/xftp/desc"
)

func xftpCommand() *cobra.Command {
	var c loadtest.XFTPConfig
	var server, size, json string
	cmd := &cobra.Command{
		Use:   "xftp {upload|download|slow} --server ADDR [--pid PID]",
		Short: "upload or download packets, or hold downloads of slow readers, on an XFTP router",
		Example: `  loadtest xftp download --server xftp://FINGERPRINT@127.0.0.1:443 --packets 200 --pid $(pidof xftp-server)
  loadtest xftp slow --server ADDR --conns 1000 --pid PID`,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{string(loadtest.XFTPUpload), string(loadtest.XFTPDownload), string(loadtest.XFTPSlow)},
		RunE: func(cmd *cobra.Command, args []string) error {
			c.Mode = loadtest.XFTPMode(args[0])
			address, err := smp.ParseAddress(server)
			if err != nil || address.Scheme != smp.SchemeXFTP {
				return fmt.Errorf("--server %q: give an address like xftp://FINGERPRINT[:PASSWORD]@HOST:PORT", server)
			}
			n, err := desc.ParseSize(size)
			if err != nil || n < 1 || n > 1<<30 {
				return fmt.Errorf("--size %q: give 64kb, 256kb, 1mb or 4mb", size)
			}
			if c.Conns < 1 || c.Packets < 1 {
				return fmt.Errorf("--conns %d --packets %d: give 1 or more", c.Conns, c.Packets)
			}
			c.Address, c.Size = address, uint32(n)
			report, err := loadtest.XFTP(cmd.Context(), c)
			if report == nil {
				return err
			}
			return show(cmd, json, report, err)
		},
	}
	f := cmd.Flags()
	f.StringVar(&server, "server", "", "address of the router")
	f.IntVar(&c.Conns, "conns", 4, "number of connections")
	f.IntVar(&c.Packets, "packets", 100, "uploads or downloads in all; slow does one on each connection")
	f.StringVar(&size, "size", "4mb", "size of a packet")
	f.IntVar(&c.PID, "pid", 0, "process of the router, to measure its CPU time and memory")
	addJSON(cmd, &json)
	return cmd
}
