package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"switchyard/server/cli"
	"switchyard/smp"
)

// ask completes the options in a dialogue, with the questions of the reference in their order.
func ask(in io.Reader, out io.Writer, o *initOptions) error {
	d := newDialogue(in, out)
	fmt.Fprintln(out, "Use `smp-server init -h` for available options.")
	d.line("A router will be set up now (press Enter)")
	o.storeLog = d.yesNo("Keep queues and messages on disk, so that they outlive a restart", true)
	o.dailyStats = d.yesNo("Write the counters of each day to a file", false)
	fmt.Fprintln(out, "Shall clients need a password to create queues?")
	o.password, o.noPassword = d.password()
	o.fqdn = d.host("FQDN or IP address for the certificate ("+o.commonName()+"): ", o.fqdn)
	o.sourceCode = d.uri("URI of the source code", o.sourceCode)
	if path := d.line("Directory for the generated pages (" + orElse(o.webPath, "www beside the store") + "): "); path != "" {
		o.webPath = path
	}
	return d.err
}

// dialogue asks on out and reads answers from in. After the first error every answer is empty.
type dialogue struct {
	in  *bufio.Scanner
	out io.Writer
	err error
}

func newDialogue(in io.Reader, out io.Writer) *dialogue {
	return &dialogue{in: bufio.NewScanner(in), out: out}
}

// line asks once and returns the answer.
func (d *dialogue) line(question string) string {
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

// yesNo asks until the answer is one.
func (d *dialogue) yesNo(question string, def bool) bool {
	choice := " (yN): "
	if def {
		choice = " (Yn): "
	}
	for d.err == nil {
		switch d.line(question + choice) {
		case "":
			return def
		case "y", "Y":
			return true
		case "n", "N":
			return false
		}
		fmt.Fprintln(d.out, "Please answer y or n.")
	}
	return def
}

// password asks for one until it is valid; an empty one stands for a random one.
func (d *dialogue) password() (password string, none bool) {
	for d.err == nil {
		switch answer := d.line("'r' for a random one (the default), 'n' for none, or the password: "); {
		case answer == "", answer == "r":
			return "", false
		case answer == "n":
			return "", true
		case smp.ValidBasicAuth(answer):
			return answer, false
		}
		fmt.Fprintln(d.out, "Not a password: "+passwordRule+".")
	}
	return "", false
}

// host asks until the answer is empty, which leaves def, or a host.
func (d *dialogue) host(question, def string) string {
	for d.err == nil {
		answer := d.line(question)
		if answer == "" {
			return def
		}
		host, err := smp.ParseHost(answer)
		if err == nil {
			return host
		}
		fmt.Fprintf(d.out, "%q %v.\n", answer, err)
	}
	return def
}

// uri asks until the answer is empty, which leaves def, or a web address.
func (d *dialogue) uri(question, def string) string {
	def = orElse(def, sourceURI)
	for d.err == nil {
		switch answer := d.line(question + " (" + orElse(def, "none") + "): "); {
		case answer == "":
			return def
		case cli.WebAddress("", answer) == nil:
			return answer
		}
		fmt.Fprintln(d.out, "The URI should begin with http:// or https://.")
	}
	return def
}

func orElse(s, def string) string {
	if s != "" {
		return s
	}
	return def
}
