package reference

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strconv"
)

// journalState is where the messages of a queue begin and end in its one or two journals (facts: ntf-and-ops, B3.4).
type journalState struct {
	write, read journalEnd
	canWrite    bool
	size        int64
}

// journalEnd is a place in a journal, and how far it is written.
type journalEnd struct {
	journal                              string
	msgPos, msgCount, bytePos, byteCount int64
}

const (
	// stateTail is how much of the end of a state file counts.
	stateTail  = 512
	bakSuffix  = ".bak"
	stateStart = "queue_state."
	journals   = "messages."
	logSuffix  = ".log"
)

var errState = errors.New("the state of the queue's journals cannot be read, so that its messages are left out")

// readJournalState reads the last line of a state file that can be read: the last one may have been written in part. A .bak
// file, which a crash has left, stands for the file. found is false when the queue has no state.
func readJournalState(path string) (s journalState, found bool, err error) {
	f, err := os.Open(path + bakSuffix)
	if errors.Is(err, os.ErrNotExist) {
		f, err = os.Open(path)
	}
	if errors.Is(err, os.ErrNotExist) {
		return s, false, nil
	}
	if err != nil {
		return s, false, accessRefusal(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return s, false, err
	}
	from := max(0, info.Size()-stateTail)
	tail, err := io.ReadAll(io.NewSectionReader(f, from, stateTail))
	if err != nil {
		return s, false, err
	}
	return lastState(tail)
}

// lastState finds the state in the end of a file.
func lastState(tail []byte) (s journalState, found bool, err error) {
	lines := bytes.Split(bytes.TrimSuffix(tail, []byte("\n")), []byte("\n"))
	last := len(lines) - 1
	if last == 0 && len(lines[0]) == 0 {
		return s, false, nil
	}
	for i := last; i >= max(0, last-1); i-- {
		if s, ok := parseJournalState(lines[i]); ok {
			if !s.valid() {
				return s, false, errState
			}
			return s, true, nil
		}
	}
	if last == 0 { // nothing was ever written but this line, in part
		return s, false, nil
	}
	return s, false, errState
}

func parseJournalState(line []byte) (s journalState, ok bool) {
	t := text{b: line}
	t.field("write=")
	s.write = t.journalEnd()
	t.field("read=")
	s.read = t.journalEnd()
	t.field("canWrite=")
	s.canWrite = t.flag(t.word())
	t.field("size=")
	s.size = t.number()
	t.end()
	return s, t.err == nil
}

func (t *text) journalEnd() (e journalEnd) {
	parts := bytes.Split(t.word(), []byte(","))
	if len(parts) != 5 {
		t.fail(errField)
		return e
	}
	e.journal = string(parts[0])
	for i, to := range []*int64{&e.msgPos, &e.msgCount, &e.bytePos, &e.byteCount} {
		n, err := strconv.ParseInt(string(parts[1+i]), 10, 64)
		if err != nil || n < 0 {
			t.fail(errNumber)
		}
		*to = n
	}
	if bytes.IndexByte(parts[0], '/') >= 0 {
		t.fail(errField)
	}
	return e
}

// valid tells whether the numbers agree.
func (s *journalState) valid() bool {
	r, w := &s.read, &s.write
	if r.msgPos > r.msgCount || r.bytePos > r.byteCount || w.msgPos != w.msgCount || w.bytePos != w.byteCount {
		return false
	}
	if r.journal == w.journal {
		return r.msgPos <= w.msgPos && r.msgCount == w.msgCount && r.bytePos <= w.bytePos &&
			r.byteCount == w.byteCount && s.size == r.msgCount-r.msgPos
	}
	return s.size == w.msgCount+r.msgCount-r.msgPos
}
