package simulate

import (
	"fmt"
	"hash/fnv"
	"strings"
)

// trace is the end of what was done, and a sum of all of it.
type trace struct {
	lines [traceLines]line
	next  int
	notes []line
	sum   uint64
}

// line is one point of an actor, or a note of the driver's, whose name is empty.
type line struct{ actor, text string }

const traceLines = 4096

func (t *trace) add(actor, text string) {
	t.lines[t.next%traceLines] = line{actor, text}
	t.next++
	t.sum = t.sum*31 + uint64(len(actor)+1)
	if n := len(actor); n > 0 {
		t.sum += uint64(actor[n-1])
	}
	t.sum = t.sum*31 + uint64(len(text))
}

// Note adds what happens beside the actors' operations to the trace.
func Note(format string, args ...any) {
	if s := active; s != nil {
		name := ""
		if s.current != nil {
			name = s.current.name
		}
		text := fmt.Sprintf(format, args...)
		s.trace.notes = append(s.trace.notes, line{name, text})
		s.trace.add(name, "* "+text)
	}
}

// Trace is the last points and notes. Those of one actor that follow each other are in one line.
func (s *Simulation) Trace(n int) string {
	var b strings.Builder
	last := ""
	for i := max(0, s.trace.next-min(n, traceLines)); i < s.trace.next; i++ {
		l := s.trace.lines[i%traceLines]
		if l.actor == last && i > 0 {
			fmt.Fprintf(&b, ", %s", l.text)
			continue
		}
		last = l.actor
		fmt.Fprintf(&b, "\n%s: %s", l.actor, l.text)
	}
	return b.String()
}

// Notes is the last notes, each with its actor.
func (s *Simulation) Notes(n int) string {
	var b strings.Builder
	for _, l := range s.trace.notes[max(0, len(s.trace.notes)-n):] {
		fmt.Fprintf(&b, "%s: %s\n", l.actor, l.text)
	}
	return b.String()
}

// Sum tells runs apart that took different ways.
func (s *Simulation) Sum() uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, s.trace.sum, s.steps, s.now)
	return h.Sum64()
}
