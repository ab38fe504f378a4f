package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"switchyard/loadtest/results"
	"switchyard/server/cli"
)

// reportFlags are those of report.
type reportFlags struct {
	json    string
	compare string
	html    string
	bench   bool
}

func reportCommand() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report FILE…",
		Short: "tables, JSON, a page with plots or lines for benchstat from raw results",
		Example: `  loadtest report run.jsonl
  loadtest report --compare before.jsonl after.jsonl
  loadtest report --html run.html run.jsonl
  loadtest report --bench run-*.jsonl | benchstat -`,
		Args: cli.Arguments(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.OutOrStdout(), args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.json, "json", "", "also write the summaries as JSON to `FILE`, - for standard output alone")
	flags.StringVar(&f.compare, "compare", "", "`BEFORE`, a file with the raw results of another run, to print side by side with the only FILE")
	flags.StringVar(&f.html, "html", "", "write a page with plots to `PAGE` instead, a file that needs no other")
	flags.BoolVar(&f.bench, "bench", false, "print lines that benchstat reads")
	cmd.MarkFlagsMutuallyExclusive("compare", "bench")
	return cmd
}

func (f *reportFlags) run(out io.Writer, files []string) error {
	if f.compare != "" && len(files) != 1 {
		return errors.New("--compare takes one FILE to compare with")
	}
	recordings, summaries, err := results.LoadSummaries(files)
	switch {
	case err != nil:
		return err
	case f.html != "":
		return f.page(recordings)
	case f.compare != "":
		return results.CompareFiles(out, f.compare, files[0])
	case f.bench:
		return results.WriteBench(out, summaries)
	}
	if f.json != "" {
		if err := results.WriteJSON(out, f.json, summaries); err != nil || f.json == "-" {
			return err
		}
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

// page writes the page with plots.
func (f *reportFlags) page(recordings []*results.Recording) error {
	var other *results.Recording
	if f.compare != "" {
		var err error
		if other, err = results.LoadRecording(f.compare); err != nil {
			return err
		}
		recordings[0], other = other, recordings[0] // A is the one that was there before
	}
	var page bytes.Buffer
	if err := results.WritePage(&page, recordings, other); err != nil {
		return err
	}
	return os.WriteFile(f.html, page.Bytes(), 0o644)
}
