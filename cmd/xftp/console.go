package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// console is how the program speaks with people and programs. Talk may come from several goroutines.
type console struct {
	in       io.Reader
	out, err io.Writer
	quiet    bool
	json     bool
	terminal bool // err is one

	mu      sync.Mutex
	bar     *bar
	answers *bufio.Reader
	open    bool // a line on out is not ended
}

func newConsole(in io.Reader, out, err io.Writer) *console {
	f, ok := err.(*os.File)
	return &console{in: in, out: out, err: err, terminal: ok && term.IsTerminal(int(f.Fd()))}
}

func (c *console) addTo(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&c.quiet, "quiet", "q", false, "no progress and no notes, only results and errors")
	cmd.Flags().BoolVar(&c.json, "json", false, "one JSON object a line, see xftp --help; nothing is asked")
}

// fields are those of a JSON object.
type fields map[string]any

// event writes a JSON object, if these are wanted, and tells whether they are.
func (c *console) event(name string, f fields) bool {
	if !c.json {
		return false
	}
	text, err := json.Marshal(f)
	if err != nil {
		panic("xftp: an event that is not JSON: " + err.Error())
	}
	line := `{"event":"` + name + `"`
	if len(f) > 0 {
		line += "," + string(text[1:len(text)-1])
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintln(c.out, line+"}")
	return true
}

// lineWidth is what results are padded to that programs of the reference know.
const lineWidth = 25

// result writes a result that the reference ends without a line break; what is written next ends its line.
func (c *console) result(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finish()
	fmt.Fprint(c.out, text+strings.Repeat(" ", max(0, lineWidth-len(text)))+"\r")
	c.open = true
}

// line writes a line of results.
func (c *console) line(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finish()
	fmt.Fprintf(c.out, format+"\n", args...)
}

// end ends the line of a result.
func (c *console) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finish()
}

// finish takes progress away, and ends the line of a result.
func (c *console) finish() {
	c.hide()
	c.bar = nil
	if c.open {
		fmt.Fprintln(c.out)
		c.open = false
	}
}

// note says something worth knowing, also in the middle of a transfer.
func (c *console) note(format string, args ...any) {
	text := redacted(fmt.Sprintf(format, args...))
	if c.event("note", fields{"text": text}) || c.quiet {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hide()
	if c.open {
		fmt.Fprintln(c.out)
		c.open = false
	}
	fmt.Fprintln(c.err, "xftp: note: "+text)
}

// fault says in one line why the program ends.
func (c *console) fault(ctx context.Context, err error) {
	text := explain(ctx, err)
	c.event("error", fields{"text": text})
	c.end()
	fmt.Fprintln(c.err, "xftp: error:", text)
}

// ask asks until the answer is yes or no, or empty, which is the given one. Without anybody to answer it is no.
func (c *console) ask(ctx context.Context, question string, byDefault bool) (bool, error) {
	if c.json {
		return false, nil
	}
	c.end()
	if c.answers == nil {
		c.answers = bufio.NewReader(io.LimitReader(c.in, 1<<20))
	}
	choice := " (y/N): "
	if byDefault {
		choice = " (Y/n): "
	}
	for {
		fmt.Fprint(c.out, question+choice)
		answer, err := await(ctx, func() (string, error) { return c.answers.ReadString('\n') })
		if err != nil && answer == "" {
			fmt.Fprintln(c.out)
			if ctx.Err() != nil {
				return false, err
			}
			return false, nil
		}
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "":
			return byDefault, nil
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
	}
}

// interactive tells whether somebody is there to answer.
func (c *console) interactive() bool {
	f, ok := c.in.(*os.File)
	return ok && !c.json && term.IsTerminal(int(f.Fd()))
}

// await waits for what cannot be interrupted, such as opening a pipe or reading from a terminal, until ctx ends. The
// goroutine stays behind then: the program ends.
func await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type outcome struct {
		result T
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		r, err := f()
		done <- outcome{r, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}
