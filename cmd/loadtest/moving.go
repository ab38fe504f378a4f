package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"switchyard/loadtest/moving"
)

func movingCommand() *cobra.Command {
	var sizes []uint
	var to, seed uint64
	var dir string
	cmd := &cobra.Command{
		Use:     "moving --dir DIR -- smp-server start",
		Short:   "a move from the reference and back at some sizes: time, CPU and memory of import, first start and export",
		Example: "  loadtest moving --sizes 50000,200000,800000 --dir /tmp/moving -- bin/smp-server start",
		Args:    ownCommand,
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.Sort(sizes); dir == "" || len(args) == 0 || len(sizes) < 2 || sizes[0] < 100 || sizes[0] == sizes[len(sizes)-1] {
				return errors.New("give --dir, at least two --sizes of 100 queues or more, and the command of the router after --")
			}
			if err := os.MkdirAll(dir, 0o700); err != nil {
				return err
			}
			var runs []moving.Run
			for _, n := range sizes {
				at := filepath.Join(dir, fmt.Sprintf("moving-%d", n))
				r, err := moving.Move(cmd.Context(), at, moving.State{Queues: uint64(n), Seed: seed}, args, cmd.ErrOrStderr())
				if err != nil {
					return err
				}
				runs = append(runs, r)
			}
			if last := runs[len(runs)-1].Queues; to <= last {
				return moving.Print(cmd.OutOrStdout(), runs)
			}
			return moving.Print(cmd.OutOrStdout(), runs, moving.Extrapolate(runs, to))
		},
	}
	f := cmd.Flags()
	f.UintSliceVar(&sizes, "sizes", []uint{50_000, 200_000, 800_000}, "`N,N,N` numbers of queues; there is a message for each tenth")
	f.Uint64Var(&to, "to", 30_000_000, "number of queues to extrapolate to, from the two largest sizes")
	f.Uint64Var(&seed, "seed", defaultSeed, "number from which the queues follow")
	f.StringVar(&dir, "dir", "", "`DIRECTORY` for what is written meanwhile: some 3 KiB for each queue")
	return cmd
}
