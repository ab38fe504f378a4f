package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
)

// redrawAfter is how often the bar is drawn at most.
const redrawAfter = 100 * time.Millisecond

// bar shows how far a transfer is, with its rate and what time remains.
type bar struct {
	verb string
	bar  *progressbar.ProgressBar
}

// phase says what is done now.
func (c *console) phase(what string) {
	if c.event("phase", fields{"phase": what}) || c.quiet || !c.terminal {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hide()
	c.bar = &bar{verb: strings.ToUpper(what[:1]) + what[1:]}
	fmt.Fprint(c.err, c.bar.verb+" …\r")
}

// moved shows bytes that have passed.
func (c *console) moved(done, total int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bar == nil {
		return
	}
	if c.bar.bar == nil {
		c.bar.bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(c.err), progressbar.OptionShowBytes(true),
			progressbar.OptionUseIECUnits(true), progressbar.OptionSetDescription(c.bar.verb), progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(redrawAfter), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(20), progressbar.OptionShowCount())
	}
	c.bar.bar.Set64(done)
}

// progress tells programs of packets that are done.
func (c *console) progress(done, total int64) {
	c.event("progress", fields{"done": done, "total": total})
}

// hide takes away what is shown of progress, until there is more.
func (c *console) hide() {
	if c.bar == nil {
		return
	}
	if c.bar.bar != nil {
		c.bar.bar.Clear()
	}
	fmt.Fprint(c.err, "\r\x1b[K")
}
