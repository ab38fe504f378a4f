package manage

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"switchyard/server/cli"
	"switchyard/smp"
)

// PasswordRule says what passwords are that clients give.
const PasswordRule = "a password is 1 to 255 printable ASCII characters without space, '@', ':' and '/'; choose another"

// Dialogue asks on an output and reads answers from an input. After the first error every answer is empty. It belongs to one
// goroutine.
type Dialogue struct {
	in  *bufio.Scanner
	out io.Writer
	err error
}

// NewDialogue begins one.
func NewDialogue(in io.Reader, out io.Writer) *Dialogue {
	return &Dialogue{in: bufio.NewScanner(in), out: out}
}

// Err is why there are no answers any more.
func (d *Dialogue) Err() error { return d.err }

// Say prints a line.
func (d *Dialogue) Say(line string) { fmt.Fprintln(d.out, line) }

// Line asks once and returns the answer.
func (d *Dialogue) Line(question string) string {
	if d.err != nil {
		return ""
	}
	fmt.Fprint(d.out, question)
	if !d.in.Scan() {
		if d.err = d.in.Err(); d.err == nil {
			d.err = errors.New("the input ended before all questions were answered; answer them, or use -y")
		}
		return ""
	}
	return strings.TrimSpace(d.in.Text())
}

// YesNo asks until the answer is one.
func (d *Dialogue) YesNo(question string, def bool) bool {
	choice := " (yN): "
	if def {
		choice = " (Yn): "
	}
	for d.err == nil {
		switch d.Line(question + choice) {
		case "":
			return def
		case "y", "Y":
			return true
		case "n", "N":
			return false
		}
		d.Say("Please answer y or n.")
	}
	return def
}

// Password asks for one until it is valid; an empty one stands for a random one.
func (d *Dialogue) Password() (password string, none bool) {
	for d.err == nil {
		switch answer := d.Line("'r' for a random one (the default), 'n' for none, or the password: "); {
		case answer == "", answer == "r":
			return "", false
		case answer == "n":
			return "", true
		case smp.ValidBasicAuth(answer):
			return answer, false
		}
		d.Say("Not a password: " + PasswordRule + ".")
	}
	return "", false
}

// Host asks until the answer is empty, which leaves def, or a host.
func (d *Dialogue) Host(question, def string) string {
	for d.err == nil {
		answer := d.Line(question)
		if answer == "" {
			return def
		}
		host, err := smp.ParseHost(answer)
		if err == nil {
			return host
		}
		d.Say(fmt.Sprintf("%q %v.", answer, err))
	}
	return def
}

// URI asks until the answer is empty, which leaves def, or a web address.
func (d *Dialogue) URI(question, def string) string {
	shown := def
	if shown == "" {
		shown = "none"
	}
	for d.err == nil {
		switch answer := d.Line(question + " (" + shown + "): "); {
		case answer == "":
			return def
		case cli.WebAddress("", answer) == nil:
			return answer
		}
		d.Say("The URI should begin with http:// or https://.")
	}
	return def
}
