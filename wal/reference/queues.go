package reference

import (
	"encoding/binary"
	"io"
	"os"
	"sync/atomic"

	"switchyard/internal/extsort"
	"switchyard/smp"
)

// Queues implements Source. The lines of each queue are its line of the part that is in order, if there is one, and those that
// were sorted.
func (s *Logs) Queues(visit func(*Queue) error) error {
	f, err := os.Open(s.storeLog)
	if err != nil {
		return err
	}
	defer f.Close()
	s.deletions = 0
	in := &orderedLines{in: newLineReader(io.NewSectionReader(f, 0, s.sorted), s.storeLog, &s.done)}
	rows, err := s.rest.Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	m := merge{lines: in, rows: sortedLines{rows: rows, name: s.storeLog, read: &s.done}}
	if err := m.begin(); err != nil {
		return err
	}
	var p replay
	var queue smp.ID
	for {
		line, at, id, err := m.next()
		if err != nil && err != io.EOF {
			return err
		}
		if id != queue || err == io.EOF {
			if err := s.end(&p, visit); err != nil {
				return err
			}
			p, queue = replay{}, id
		}
		if err == io.EOF {
			return nil
		}
		r, err := parseLogLine(line)
		if err == nil {
			err = p.apply(at, &r)
		}
		if err != nil {
			s.o.Skip(at, err)
		}
	}
}

// end visits what the lines of a queue have made.
func (s *Logs) end(p *replay, visit func(*Queue) error) error {
	switch {
	case p.deleted:
		s.deletions++
	case p.made:
		return visit(p.queue)
	}
	return nil
}

// orderedLines gives the lines of queues in the part of a store log that is in order.
type orderedLines struct {
	in   *lineReader
	line []byte
	id   smp.ID
	end  bool
}

func (o *orderedLines) next() error {
	for {
		line, err := o.in.next()
		if err == io.EOF {
			o.end = true
			return nil
		}
		if err == errLong {
			continue // it was told of when the log was sorted
		}
		if err != nil {
			return err
		}
		if kind, id, err := logHead(line); err == nil && kind != logNewService {
			o.line, o.id = line, id
			return nil
		}
	}
}

// sortedLines gives the lines that were sorted.
type sortedLines struct {
	rows *extsort.Rows
	name string
	read *atomic.Int64
	id   smp.ID
	end  bool
}

func (o *sortedLines) next() error {
	if !o.rows.Next() {
		o.end = true
		return o.rows.Err()
	}
	o.id = smp.ID(o.rows.Key())
	o.read.Add(int64(len(o.rows.Value()) + 1))
	return nil
}

// at is the place of the line.
func (o *sortedLines) at() Place {
	return Place{o.name, int64(binary.BigEndian.Uint64(o.rows.Key()[len(o.id):]))}
}

// merge gives the lines of both, by recipient ID, those in order first, as they come first in the log.
type merge struct {
	lines    *orderedLines
	rows     sortedLines
	fromRows bool // the line that was given last
	given    bool
}

func (m *merge) begin() error {
	if err := m.lines.next(); err != nil {
		return err
	}
	return m.rows.next()
}

// next gives a line, valid until the next call; io.EOF is the end.
func (m *merge) next() (line []byte, at Place, id smp.ID, err error) {
	if m.given {
		if m.fromRows {
			err = m.rows.next()
		} else {
			err = m.lines.next()
		}
		if err != nil {
			return nil, at, id, err
		}
	}
	m.given = true
	switch {
	case m.lines.end && m.rows.end:
		m.given = false
		return nil, at, id, io.EOF
	case m.rows.end || !m.lines.end && string(m.lines.id[:]) <= string(m.rows.id[:]):
		m.fromRows = false
		return m.lines.line, m.lines.in.at, m.lines.id, nil
	}
	m.fromRows = true
	return m.rows.rows.Value(), m.rows.at(), m.rows.id, nil
}
