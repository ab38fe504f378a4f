// Command torture runs the long forms of the tests that break things, in turn, until a budget of time is spent: crashes
// of the store and of the process, disk faults, random commands against a model, checked histories, hostile clients.
// Each run of a test starts from a seed that none had before, so that a second hour finds what the first did not.
//
// It keeps its progress in a directory, and goes on from there when it was interrupted. It ends at the end of the budget, with a table of what was
// tried and what failed; a failure is named with its seed, the command that repeats it, and the file that has its output.
// It runs the tests and the load harness as processes and imports nothing of them.
package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"switchyard/server/cli"
)

func main() {
	cli.MainUntilSignal(rootCommand())
}

var errFailed = errors.New("something failed: the table above names it")

func rootCommand() *cobra.Command {
	var dir string
	var budget time.Duration
	var only []string
	root := cli.Root(&cobra.Command{
		Use:   "torture",
		Short: "run the long forms of the tests that break things, until a budget of time is spent",
		Example: "  torture --dir data/torture --budget 1h\n" +
			"  torture --dir data/torture --budget 5m --only crash",
	})
	root.Args = cli.Arguments(0, 0)
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		chosen, err := choose(steps, only)
		if err != nil {
			return err
		}
		p, err := openProgress(dir)
		if err != nil {
			return err
		}
		ctx := cmd.Context()
		t := torture{steps: chosen, progress: p, budget: budget, log: cmd.ErrOrStderr()}
		if budget <= 0 {
			return fmt.Errorf("--budget %v is no time; give one as 90m", budget)
		}
		if err := t.run(ctx); err != nil {
			return err
		}
		p.writeTable(cmd.OutOrStdout(), chosen)
		switch {
		case ctx.Err() != nil:
			if p.failed() {
				return fmt.Errorf("interrupted after %v of %v, and %w", p.Spent.Round(time.Second), budget, errFailed)
			}
			return fmt.Errorf("interrupted after %v of %v: the same command goes on", p.Spent.Round(time.Second), budget)
		case p.failed():
			return errFailed
		}
		return nil
	}
	root.Flags().StringVar(&dir, "dir", "data/torture", "`DIRECTORY` for progress and for the output of failures")
	root.Flags().DurationVar(&budget, "budget", time.Hour, "time to spend, as 90m")
	root.Flags().StringSliceVar(&only, "only", nil, "run only `STEPS`, separated by commas: "+strings.Join(names(steps), ", "))
	return root
}
