package cli

import (
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"switchyard/server/crash"
)

// redrawAfter is how often a bar is drawn.
const redrawAfter = 200 * time.Millisecond

// Progress shows on a terminal how far a command is.
type Progress struct {
	stop chan struct{}
	done sync.WaitGroup
}

// StartProgress begins to show it; nil where nobody looks. A total that is negative is not known, and what is done is not bytes.
func StartProgress(cmd *cobra.Command, stage func() string, at func() (done, total int64)) *Progress {
	out := cmd.ErrOrStderr()
	fd, ok := out.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(fd.Fd())) {
		return nil
	}
	p := &Progress{stop: make(chan struct{})}
	_, total := at()
	bar := progressbar.NewOptions64(total, progressbar.OptionSetWriter(out), progressbar.OptionShowBytes(total >= 0),
		progressbar.OptionUseIECUnits(true), progressbar.OptionSetPredictTime(true), progressbar.OptionShowElapsedTimeOnFinish(),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(20), progressbar.OptionShowCount())
	p.done.Go(func() {
		defer crash.Report()
		tick := time.NewTicker(redrawAfter)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				_ = bar.Clear() // a bar that cannot be drawn is no fault of the command
				return
			case <-tick.C:
				done, total := at()
				bar.Describe(stage())
				if total >= 0 {
					bar.ChangeMax64(total)
					done = min(done, total)
				}
				_ = bar.Set64(done)
			}
		}
	})
	return p
}

// End takes away what is shown.
func (p *Progress) End() {
	if p == nil {
		return
	}
	close(p.stop)
	p.done.Wait()
}
