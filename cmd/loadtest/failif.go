package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"switchyard/loadtest/results"
)

// failIf is what a run must not come to, from --fail-if.
type failIf []results.Condition

func (f *failIf) add(flags *pflag.FlagSet) {
	flags.Var(f, "fail-if", "`CONDITION` on which the exit code is 1, as 'p99>50ms', 'msgs/s<1000' or 'lost>0'; may be given several times. "+
		"Its figures are those of --json, with dots, and those of report; a wrong name shows them all")
}

// Set implements pflag.Value.
func (f *failIf) Set(text string) error {
	c, err := results.ParseCondition(text)
	if err == nil {
		*f = append(*f, c)
	}
	return err
}

// String implements pflag.Value; nothing is the default.
func (f *failIf) String() string { return "" }

// Type implements pflag.Value.
func (f *failIf) Type() string { return "stringArray" }

// judge tells of all conditions that the report comes to.
func (f failIf) judge(r results.Report) error {
	if len(f) == 0 {
		return nil
	}
	figures, err := results.Figures(r)
	if err != nil {
		return err
	}
	var said []string
	for _, c := range f {
		switch met, value, err := c.Meets(figures); {
		case err != nil:
			said = append(said, "--fail-if "+err.Error())
		case met:
			said = append(said, fmt.Sprintf("--fail-if %s: it is %g", c.Text, value))
		}
	}
	if len(said) == 0 {
		return nil
	}
	return errors.New(strings.Join(said, "; "))
}
