package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"switchyard/loadtest/measure"
)

// progress shows how far a run is: a bar on a terminal, else a line now and then. It is told by one goroutine at a
// time.
type progress struct {
	out   io.Writer
	live  bool // out is a terminal
	phase string
	bar   *progressbar.ProgressBar
	last  time.Time // of the last line
}

// lineInterval is how often a line is written where there is no terminal.
const lineInterval = 5 * time.Second

func newProgress(out io.Writer) *progress {
	f, ok := out.(interface{ Fd() uintptr })
	return &progress{out: out, live: ok && term.IsTerminal(int(f.Fd()))}
}

func (p *progress) tell(now measure.Progress) {
	if p.live {
		p.draw(now)
		return
	}
	if now.Phase == p.phase && time.Since(p.last) < lineInterval {
		return
	}
	p.phase, p.last = now.Phase, time.Now()
	line := fmt.Sprintf("loadtest: %s %d", now.Phase, now.Done)
	if now.Total > 0 {
		line += fmt.Sprintf(" of %d", now.Total)
	}
	if now.Note != "" {
		line += ", " + now.Note
	}
	fmt.Fprintln(p.out, line)
}

func (p *progress) draw(now measure.Progress) {
	if now.Phase != p.phase {
		p.close()
		total := now.Total
		if total == 0 {
			total = -1 // a spinner
		}
		p.phase = now.Phase
		p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.out), progressbar.OptionShowCount(),
			progressbar.OptionShowIts(), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())
	}
	text := now.Phase
	if now.Note != "" {
		text += ", " + now.Note
	}
	p.bar.Describe(text)
	_ = p.bar.Set64(now.Done) // a bar that cannot be drawn is no reason to stop
}

// close clears the bar.
func (p *progress) close() {
	if p.bar != nil {
		_ = p.bar.Clear()
		p.bar = nil
	}
}
