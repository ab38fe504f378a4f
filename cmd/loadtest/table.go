package main

import (
	"errors"

	"github.com/spf13/cobra"

	"switchyard/loadtest/results"
	"switchyard/server/cli"
)

func tableCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "table FILE…",
		Short:   "rows of the table of BENCHMARKS.md from raw results: median and spread of the runs with a label",
		Example: "  loadtest table data/bench/*.jsonl",
		Args:    cli.Arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, summaries, err := results.LoadSummaries(args)
			if err != nil {
				return err
			}
			return results.WriteRows(cmd.OutOrStdout(), results.Rows, summaries)
		},
	}
}

func extrapolateCommand() *cobra.Command {
	var by string
	var to float64
	cmd := &cobra.Command{
		Use:     "extrapolate --to SIZE FILE…",
		Short:   "figures of a size that the machine cannot hold, from runs of at least three sizes",
		Example: "  loadtest extrapolate --to 15000 data/replica-0.02.jsonl data/replica-0.05.jsonl data/replica-0.1.jsonl",
		Args:    cli.Arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !(to > 0) {
				return errors.New("--to is missing; give the size to extrapolate to, above 0")
			}
			recordings, _, err := results.LoadSummaries(args)
			if err != nil {
				return err
			}
			lines, err := results.Extrapolate(recordings, by, to)
			if err != nil {
				return err
			}
			return results.WriteLines(cmd.OutOrStdout(), lines, by, to)
		},
	}
	cmd.Flags().StringVar(&by, "by", "connections", "`FIELD` of the reports, a number, that is the size of a run")
	cmd.Flags().Float64Var(&to, "to", 0, "`SIZE` to extrapolate to")
	return cmd
}

func floorCommand() *cobra.Command {
	var run, figure, json string
	var openssl bool
	cmd := &cobra.Command{
		Use:   "floor [--run FILE [--figure FILE]]",
		Short: "what the cryptography of one message takes at least, from the output of Go's benchmarks on standard input",
		Long: "Adds up the cryptography of one message from the benchmarks named Floor…, which come on standard input, and from\n" +
			"openssl's where it is installed. With --run it puts beside each part what a router really spent there, from the CPU\n" +
			"profile that `loadtest messages --pprof` has written beside the raw results. Profiling costs some time itself; with\n" +
			"--figure the time of a message is that of a run without, and the profile says how it is divided.",
		Example: "  go test -run '^$' -bench Floor ./box ./tls | loadtest floor --run data/bench/message-1.jsonl",
		Args:    cli.Arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			timings, err := results.ReadBenchmarks(cmd.InOrStdin())
			if err != nil {
				return err
			}
			if openssl {
				timings = append(timings, results.OpenSSLTimings(cmd.Context())...)
			}
			floor := results.ComputeFloor(timings)
			if len(floor.Rows) == 0 {
				return errors.New("there is no benchmark named Floor… on standard input, nor an openssl")
			}
			if run != "" {
				if figure == "" {
					figure = run
				}
				if err := floor.BesideFile(run, figure); err != nil {
					return err
				}
			}
			if err := floor.WriteText(cmd.OutOrStdout()); err != nil || json == "" {
				return err
			}
			return results.WriteJSON(cmd.OutOrStdout(), json, floor)
		},
	}
	cmd.Flags().BoolVar(&openssl, "openssl", true, "time what the openssl program has, too, if it is installed")
	cmd.Flags().StringVar(&run, "run", "", "`FILE` with the raw results of a run of messages with --pprof, to print beside the floor")
	cmd.Flags().StringVar(&figure, "figure", "", "`FILE` with the raw results of the same without --pprof, whose CPU time of a message is taken (default: that of --run)")
	addJSON(cmd, &json)
	return cmd
}
