package statistics

import (
	"fmt"
	"strings"
)

// Line is one of what the control port tells: Format has a %d for each number.
type Line struct {
	Format string
	IDs    []ID
	Admin  bool // for the administrator alone
}

// beginning is how the control port writes the time of the beginning.
const beginning = "2006-01-02 15:04:05.999999999 UTC"

// TellLines is what the control port tells about a snapshot.
func (t *Table) TellLines(s *Snapshot, admin bool) string {
	var b strings.Builder
	b.WriteString("fromTime: " + s.From.UTC().Format(beginning) + "\n")
	for _, l := range t.Lines {
		if l.Admin && !admin {
			continue
		}
		numbers := make([]any, len(l.IDs))
		for i, id := range l.IDs {
			numbers[i] = s.Values[id]
		}
		fmt.Fprintf(&b, l.Format+"\n", numbers...)
	}
	return b.String()
}
