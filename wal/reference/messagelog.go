package reference

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"slices"
	"sync/atomic"

	"switchyard/box"
	"switchyard/internal/extsort"
	"switchyard/smp"
)

// A line of the messages log is a version, the recipient ID of a queue, and a message; a line of a journal is the message alone
// (facts: ntf-and-ops, B3.2, B3.4):
//
//	v3 <recipient ID> <message ID> <seconds> flags=<T or F> <body>
//	v3 <recipient ID> <message ID> <seconds> quota

const messageVersion = "v3 "

// MaxBody is the longest body that the box for the recipient has room for.
const MaxBody = smp.MessagePadded - 2 - 10

var (
	errLarge = errors.New("a message that is too long")
	errNewer = errors.New("of a newer version")
)

// parseMessageLine parses a line of the messages log. The body is decoded into mem.
func parseMessageLine(line []byte, m *Message, mem []byte) error {
	t := text{b: line}
	if !t.has(messageVersion) {
		return versionFault(line, '3')
	}
	m.Queue = t.id()
	t.message(m, mem)
	return t.err
}

// versionFault tells a line of a newer version from one of something else.
func versionFault(line []byte, known byte) error {
	if len(line) > 2 && line[0] == 'v' && line[1] > known && line[1] <= '9' {
		return errNewer
	}
	return errKind
}

// parseJournalLine parses a line of a journal.
func parseJournalLine(line []byte, m *Message, mem []byte) error {
	t := text{b: line}
	t.message(m, mem)
	return t.err
}

func (t *text) message(m *Message, mem []byte) {
	m.ID = t.id()
	m.Time = t.number()
	m.Quota, m.Notify, m.Body = false, false, nil
	if string(t.b) == "quota" {
		m.Quota = true
		return
	}
	if t.has("flags=") {
		m.Notify = t.flag(t.word())
	}
	w := unpadded(t.b)
	if t.err == nil && encoding.DecodedLen(len(w)) > MaxBody {
		t.fail(errLarge)
		return
	}
	n, err := encoding.Decode(mem[:MaxBody], w)
	if err != nil {
		t.fail(errBase64)
	}
	m.Body = mem[:n]
}

// appendMessageLine appends a line of the messages log.
func appendMessageLine(b []byte, queue *smp.ID, m *Message) []byte {
	b = append(b, messageVersion...)
	b = append(appendBase64(b, queue[:]), ' ')
	b = append(appendBase64(b, m.ID[:]), ' ')
	b = appendNumber(b, m.Time)
	if m.Quota {
		return append(b, " quota\n"...)
	}
	b = append(b, " flags="...)
	b = append(smp.AppendBool(b, m.Notify), ' ')
	return append(appendBase64(b, m.Body), '\n')
}

// openBody opens the sealed body of a stored message in place.
func openBody(sealed []byte, id *smp.ID, secret *[32]byte) (m smp.MessageBody, ok bool) {
	var subkey [box.KeySize]byte
	box.Precompute(&subkey, secret)
	padded, ok := box.Open(sealed, (*[box.NonceSize]byte)(id), &subkey)
	if !ok {
		return m, false
	}
	plain, err := box.Unpad(padded)
	if err != nil {
		return m, false
	}
	return smp.ParseMessageBody(plain)
}

// messageLog reads the messages log.
type messageLog struct {
	path  string
	index *extsort.Sorter // of a log that is not in order: recipient ID, line → offset, length
}

// messages visits the messages as they lie, as long as their queues ascend. A log whose queues do not is indexed, and
// ErrAgain has it read by the index.
func (l *messageLog) messages(s *Logs, visit func(*Message) error) error {
	f, err := os.Open(l.path)
	if err != nil {
		return err
	}
	defer f.Close()
	if l.index != nil {
		return l.indexed(f, s, visit)
	}
	in := newLineReader(f, l.path, &s.done)
	var m Message
	var last smp.ID
	mem := make([]byte, MaxBody+3)
	bad := int64(0)
	for {
		line, err := in.next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = parseMessageLine(line, &m, mem)
		} else if err != errLong {
			return err
		}
		m.At = in.at
		switch {
		case err == errNewer:
			return newerRefusal(in.at)
		case err != nil:
			bad++
			s.o.Skip(in.at, err)
			continue
		case string(m.Queue[:]) < string(last[:]):
			return l.begin(f, s)
		}
		last = m.Queue
		if err := visit(&m); err != nil {
			return err
		}
	}
	if bad > 0 && bad == in.at.Line {
		return foreignRefusal(l.path, "messages log")
	}
	return nil
}

// begin makes the index. Lines that do not parse stand before the others in it, to be told of when they are read by it.
func (l *messageLog) begin(f *os.File, s *Logs) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	l.index = extsort.New(s.o.Scratch, s.o.Memory)
	in := newLineReader(f, l.path, new(atomic.Int64))
	for {
		line, err := in.next()
		if err == io.EOF {
			return ErrAgain
		}
		if err != nil && err != errLong {
			return err
		}
		t := text{b: line}
		t.field(messageVersion)
		queue := t.id()
		key := binary.BigEndian.AppendUint64(append([]byte(nil), queue[:]...), uint64(in.at.Line))
		value := binary.BigEndian.AppendUint64(nil, uint64(in.from))
		value = binary.BigEndian.AppendUint64(value, uint64(in.to-in.from))
		if err := l.index.Add(key, value); err != nil {
			return err
		}
	}
}

// indexed visits the messages as the index has them.
func (l *messageLog) indexed(f *os.File, s *Logs, visit func(*Message) error) error {
	defer l.index.Close()
	rows, err := l.index.Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	var m Message
	mem := make([]byte, MaxBody+3)
	var line []byte
	for rows.Next() {
		m.At = Place{l.path, int64(binary.BigEndian.Uint64(rows.Key()[len(smp.ID{}):]))}
		from, size := binary.BigEndian.Uint64(rows.Value()), binary.BigEndian.Uint64(rows.Value()[8:])
		if size > maxLine {
			s.o.Skip(m.At, errLong)
			continue
		}
		line = slices.Grow(line[:0], int(size))[:size]
		if _, err := f.ReadAt(line, int64(from)); err != nil {
			return err
		}
		err := parseMessageLine(trimEnd(trimEnd(line, '\n'), '\r'), &m, mem)
		switch {
		case err == errNewer:
			return newerRefusal(m.At)
		case err != nil:
			s.o.Skip(m.At, err)
			continue
		}
		if err := visit(&m); err != nil {
			return err
		}
	}
	return rows.Err()
}
