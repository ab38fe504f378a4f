package moving

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"switchyard/loadtest/process"
)

// Run is a move of one size.
type Run struct {
	Queues, Messages uint64
	Import, Export   process.Cost
	Start            time.Duration // the first after the import, until connections are accepted
}

// Move writes a state, and measures its import, the start after it, and the export, all below a directory that does not exist
// and is removed. What the program prints goes to out.
func Move(ctx context.Context, dir string, s State, command []string, out io.Writer) (r Run, err error) {
	r = Run{Queues: s.Queues, Messages: s.Messages()}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	from := filepath.Join(dir, "from")
	if err := os.Mkdir(from, 0o700); err != nil {
		return r, err
	}
	fmt.Fprintf(out, "writing %d queues and %d messages\n", r.Queues, r.Messages)
	if err := s.Write(from); err != nil {
		return r, err
	}
	router, err := process.NewRouter(ctx, filepath.Join(dir, "router"), command)
	if err != nil {
		return r, err
	}
	if r.Import, err = router.Cost(ctx, out, "import", "--from", from); err != nil {
		return r, err
	}
	if err := router.Start(); err != nil {
		return r, err
	}
	defer router.Kill()
	if err := router.Ready(ctx); err != nil {
		return r, err
	}
	r.Start = router.Took
	if err := router.Stop(); err != nil {
		return r, err
	}
	r.Export, err = router.Cost(ctx, out, "export", "--to", filepath.Join(dir, "to"))
	return r, err
}

// Extrapolate is what a move of more queues would take, by the line through the two largest of the runs; memory and start, which
// do not grow, are the largest of theirs.
func Extrapolate(runs []Run, queues uint64) Run {
	a, b := runs[len(runs)-2], runs[len(runs)-1]
	to := Run{Queues: queues, Messages: State{Queues: queues}.Messages()}
	line := func(x, y time.Duration) time.Duration {
		each := float64(y-x) / float64(b.Queues-a.Queues)
		return y + time.Duration(each*float64(queues-b.Queues))
	}
	cost := func(x, y process.Cost) process.Cost {
		return process.Cost{Took: line(x.Took, y.Took), CPU: line(x.CPU, y.CPU), RSS: max(x.RSS, y.RSS)}
	}
	to.Import, to.Export, to.Start = cost(a.Import, b.Import), cost(a.Export, b.Export), max(a.Start, b.Start)
	return to
}

// Print prints runs as a table.
func Print(out io.Writer, runs []Run, extrapolated ...Run) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "queues\tmessages\timport\tCPU\tMiB\tfirst start\texport\tCPU\tMiB\t")
	row := func(r Run, mark string) {
		fmt.Fprintf(w, "%s%d\t%d\t%.1fs\t%.1fs\t%d\t%dms\t%.1fs\t%.1fs\t%d\t\n", mark, r.Queues, r.Messages,
			r.Import.Took.Seconds(), r.Import.CPU.Seconds(), r.Import.RSS>>20, r.Start.Milliseconds(),
			r.Export.Took.Seconds(), r.Export.CPU.Seconds(), r.Export.RSS>>20)
	}
	for _, r := range runs {
		row(r, "")
	}
	for _, r := range extrapolated {
		row(r, "→ ")
	}
	return w.Flush()
}
