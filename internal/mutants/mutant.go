package main

import (
	"fmt"
	"strings"
)

// mutant is one change.
type mutant struct {
	id       int
	file     string
	line     int
	function string
	from, to string // texts
	ordinal  int    // among the same changes in the function
}

// place is how a change is told: where it is and what it is.
func (m *mutant) place() string {
	return fmt.Sprintf("%s:%d %s: %s", m.file, m.line, m.function, m.change())
}

func (m *mutant) change() string {
	text := fmt.Sprintf("`%s` → `%s`", m.from, m.to)
	if m.ordinal > 1 {
		text += fmt.Sprintf(" (%d)", m.ordinal)
	}
	return text
}

// key names a change however lines move.
func (m *mutant) key() string { return m.file + " " + m.function + ": " + m.change() }

// oneLine makes a text short enough for a line.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 90 {
		return string(r[:60]) + "…" + string(r[len(r)-25:])
	}
	return text
}
