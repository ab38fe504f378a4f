package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far a transfer is: a bar for people, and for programs the lines of the reference, each padded so
// that it covers the one before and ended with a carriage return.
type progress struct {
	out  io.Writer
	verb string
	bar  *progressbar.ProgressBar
	bars bool
}

// lineWidth is what lines are padded to.
const lineWidth = 25

func newProgress(out io.Writer, verb string) *progress {
	f, ok := out.(*os.File)
	return &progress{out: out, verb: verb, bars: ok && term.IsTerminal(int(f.Fd()))}
}

// line writes a line that the next one covers.
func (p *progress) line(text string) {
	fmt.Fprint(p.out, text+strings.Repeat(" ", max(0, lineWidth-len(text)))+"\r")
}

// set tells that done of total bytes have been transferred.
func (p *progress) set(done, total int64) {
	if !p.bars {
		p.line(fmt.Sprintf("%s %d%%", p.verb, done*100/max(total, 1)))
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(p.out), progressbar.OptionShowBytes(true),
			progressbar.OptionSetDescription(p.verb), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))
	}
	p.bar.Set64(done)
}

// end takes the bar away, also when the transfer has failed.
func (p *progress) end() {
	if p.bar != nil {
		p.bar.Clear()
	}
}
