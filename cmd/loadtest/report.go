package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"switchyard/loadtest"
)

// reportFlags are those of report.
type reportFlags struct {
	json    string
	compare string
	bench   bool
}

func reportCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report FILE…",
		Short: "tables, JSON or lines for benchstat from raw results",
		Example: `  loadtest report run.jsonl
  loadtest report --compare before.jsonl after.jsonl
  loadtest report --bench run-*.jsonl | benchstat -`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.OutOrStdout(), args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.json, "json", "", "also write the summaries as JSON to this file, - for standard output alone")
	flags.StringVar(&f.compare, "compare", "", "raw results of another run, to print side by side with the only FILE")
	flags.BoolVar(&f.bench, "bench", false, "print lines that benchstat reads")
	cmd.MarkFlagsMutuallyExclusive("compare", "bench")
	return cmd
}

func (f *reportFlags) run(out io.Writer, files []string) error {
	if f.compare != "" {
		if len(files) != 1 {
			return errors.New("--compare takes one FILE to compare with")
		}
		return compare(out, f.compare, files[0])
	}
	_, summaries, err := load(files)
	if err != nil {
		return err
	}
	if f.json != "" {
		if err := loadtest.WriteJSON(f.json, summaries); err != nil || f.json == "-" {
			return err
		}
	}
	if f.bench {
		return loadtest.WriteBench(out, summaries)
	}
	for i := range summaries {
		if i > 0 {
			fmt.Fprintln(out)
		}
		if err := summaries[i].WriteText(out); err != nil {
			return err
		}
	}
	return nil
}

// load reads raw results.
func load(files []string) (recordings []*loadtest.Recording, summaries []loadtest.Summary, err error) {
	for _, name := range files {
		r, err := loadtest.LoadRecording(name)
		if err != nil {
			return nil, nil, err
		}
		recordings = append(recordings, r)
		summaries = append(summaries, r.Summarize())
	}
	return recordings, summaries, nil
}

// compare prints two runs side by side.
func compare(out io.Writer, a, b string) error {
	_, s, err := load([]string{a, b})
	if err != nil {
		return err
	}
	return loadtest.WriteComparison(out, &s[0], &s[1])
}
