package control

import (
	"bufio"
	"context"
	"fmt"
	"strings"
)

// Role is what a session may do. The names are the reference's.
type Role uint8

const (
	None Role = iota
	User
	Admin
)

func (r Role) String() string {
	return [...]string{None: "CPRNone", User: "CPRUser", Admin: "CPRAdmin"}[r]
}

// Command is one command of a server.
type Command struct {
	Name string
	Role Role // the least that may give it
	// Parse reads what follows the name, and returns what to do if it is whole: the arguments' own faults, and what is left
	// over, are answered without it.
	Parse func(*Args) Action
}

// Action carries out a command that was read.
type Action func(*Call)

// Plain is the Parse of a command without arguments.
func Plain(do Action) func(*Args) Action { return func(*Args) Action { return do } }

// Call is one command under way, and its answer. It belongs to the session.
type Call struct {
	Role  Role // of the session
	Local bool // the session is one of the socket
	ctx   context.Context
	out   *bufio.Writer
}

// Context ends when the server stops.
func (c *Call) Context() context.Context { return c.ctx }

// Line adds a line to the answer.
func (c *Call) Line(format string, args ...any) {
	fmt.Fprintf(c.out, format, args...)
	c.out.WriteByte('\n')
}

// Text adds lines that have their ends.
func (c *Call) Text(lines string) { c.out.WriteString(lines) }

// Flush lets the answer go as far as it is written, before what takes its time.
func (c *Call) Flush() { c.out.Flush() }

// Fail answers with an error, on one line.
func (c *Call) Fail(err error) {
	c.Line("%s%s", errorPrefix, strings.Join(strings.Fields(err.Error()), " "))
}

// Done answers `ok`, or with the error that there is.
func (c *Call) Done(err error) {
	if err != nil {
		c.Fail(err)
		return
	}
	c.Line("ok")
}

const (
	errorPrefix = "error: "
	// unauthorized is the answer to a command without the role for it.
	unauthorized = "AUTH"
)
