package main

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"switchyard/loadtest/measure"
	"switchyard/loadtest/process"
	"switchyard/loadtest/results"
	"switchyard/loadtest/xftpload"
	"switchyard/smp"
	"switchyard/xftp/desc"
)

// xftpFlags are those of every scenario against an XFTP router.
type xftpFlags struct{ measureFlags }

func (f *xftpFlags) add(cmd *cobra.Command) {
	f.xftp = true
	cmd.Flags().StringVar(&f.server, "server", "", "`ADDRESS` of the router, xftp://FINGERPRINT[:PASSWORD]@HOST:PORT")
	addJSON(cmd, &f.json)
	f.addMeasuring(cmd)
}

func xftpCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "xftp",
		Short: "the same for an XFTP router: upload, download, slow, start",
	}
	cmd.AddCommand(
		xftpLoadCommand(xftpload.Upload, 4, "upload packets: CPU time of the router for each MiB, beside what the work takes at least"),
		xftpLoadCommand(xftpload.Download, 4, "download packets: CPU time of the router for each MiB, beside what the work takes at least"),
		xftpLoadCommand(xftpload.Slow, 1000, "let the reader of a download on each connection halt: resident bytes of the router for each"),
		xftpStartCommand(), xftpSeedCommand())
	return cmd
}

func xftpLoadCommand(mode xftpload.Mode, conns int, short string) *cobra.Command {
	var f xftpFlags
	var c xftpload.Config
	var size string
	cmd := &cobra.Command{
		Use:     string(mode) + " {--server ADDR --pid PID | -- xftp-server start}",
		Short:   short,
		Example: "  loadtest xftp " + string(mode) + " --pprof own --out run.jsonl -- bin/xftp-server start",
		Args:    ownCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			n, err := desc.ParseSize(size)
			if err != nil || n > math.MaxUint32 {
				return fmt.Errorf("--size %q: give 64kb, 256kb, 1mb or 4mb", size)
			}
			return f.runOn(cmd, args, func(ctx context.Context, m measure.Target, _ *process.Router) (results.Report, error) {
				if c.Address, err = smp.ParseAddress(f.server); err != nil || c.Address.Scheme != smp.SchemeXFTP {
					return nil, errors.New("--server is not of the form xftp://FINGERPRINT[:PASSWORD]@HOST:PORT")
				}
				c.Mode, c.Size, c.Target = mode, uint32(n), m
				return reported(xftpload.Run(ctx, c))
			})
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.IntVar(&c.Conns, "conns", conns, "number of connections")
	flags.StringVar(&size, "size", "4mb", "`SIZE` of a packet")
	c.Packets = 1
	if mode != xftpload.Slow {
		flags.IntVar(&c.Packets, "packets", 100, "packets in all")
	}
	return cmd
}

func xftpStartCommand() *cobra.Command {
	var f xftpFlags
	var c xftpload.StartConfig
	cmd := &cobra.Command{
		Use:     "start --data DIR -- xftp-server start",
		Short:   "stop, kill and start a router, whose store was filled by seed: time to the first connection",
		Example: "  loadtest xftp seed --count 5000000 --data DIR -- bin/xftp-server start\n  loadtest xftp start --data DIR -- bin/xftp-server start",
		Args:    ownCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("the router is killed, so it must be one of the run's own: add `-- xftp-server start`")
			}
			if f.data != "" {
				count, err := process.StoredPackets(f.data)
				if err != nil {
					return err
				}
				c.Stored = count
			}
			return f.runOn(cmd, args, func(ctx context.Context, m measure.Target, r *process.Router) (results.Report, error) {
				c.Target = m
				return reported(xftpload.Start(ctx, c, r))
			})
		},
	}
	f.add(cmd)
	cmd.Flags().IntVar(&c.Starts, "starts", 3, "starts after a proper stop, and after a kill")
	return cmd
}

func xftpSeedCommand() *cobra.Command {
	var count int
	var data string
	cmd := &cobra.Command{
		Use:     "seed --count N --data DIR -- xftp-server start",
		Short:   "fill the store of a router with records of packets, offline; the router is set up in DIR if there is none",
		Example: "  loadtest xftp seed --count 5000000 --data DIR -- bin/xftp-server start",
		Args:    ownCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			if data == "" || count < 1 || len(args) == 0 {
				return errors.New("give --count, --data, and the command of the router after --")
			}
			return process.FillPackets(cmd.Context(), data, count, args, cmd.ErrOrStderr())
		},
	}
	cmd.Flags().IntVar(&count, "count", 0, "number of packets")
	cmd.Flags().StringVar(&data, "data", "", "`DIRECTORY` of the router")
	return cmd
}
