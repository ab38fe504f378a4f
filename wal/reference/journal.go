package reference

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
)

// Journals reads the messages of a router that kept them in files: a directory for each queue, named by the recipient ID in five
// parts.
type Journals struct {
	dir   string
	skip  func(Place, error)
	first []string // of the first parts of IDs
	done  atomic.Int64

	in  *lineReader
	mem []byte // for a body
}

// journalUnit is what a directory of the first level counts for in the progress.
const journalUnit = 1 << 20

var idParts = [...]int{2, 2, 2, 2, 24}

// OpenJournals finds the queues in a directory of journals. It changes nothing there.
func OpenJournals(dir string, skip func(Place, error)) (*Journals, error) {
	j := &Journals{dir: dir, skip: skip, mem: make([]byte, MaxBody+3)}
	j.in = newLineReader(nil, "", new(atomic.Int64))
	var err error
	j.first, err = idDirectories(dir, idParts[0])
	return j, err
}

// Progress tells, to any goroutine, how much of its total work is done, in units of its own.
func (j *Journals) Progress() (done, total int64) {
	return j.done.Load() * journalUnit, int64(len(j.first)) * journalUnit
}

// idDirectories are the directories that are named by a part of an ID, in the order of the bytes that the IDs stand for.
func idDirectories(dir string, length int) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, accessRefusal(dir, err)
	}
	for _, e := range entries {
		if e.IsDir() && len(e.Name()) == length && isBase64(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.SortFunc(names, compareBase64)
	return names, nil
}

const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func isBase64(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return !strings.ContainsRune(base64Alphabet, c) }) < 0
}

// compareBase64 compares what texts of one length stand for.
func compareBase64(a, b string) int {
	for i := range a {
		if a[i] != b[i] {
			return strings.IndexByte(base64Alphabet, a[i]) - strings.IndexByte(base64Alphabet, b[i])
		}
	}
	return 0
}

// Messages visits all messages, as a Source does.
func (j *Journals) Messages(visit func(*Message) error) error {
	for _, name := range j.first {
		if err := j.walk(filepath.Join(j.dir, name), name, 1, visit); err != nil {
			return err
		}
		j.done.Add(1)
	}
	return nil
}

// walk visits the queues whose IDs begin with id, which has some parts.
func (j *Journals) walk(dir, id string, parts int, visit func(*Message) error) error {
	if parts == len(idParts) {
		return j.queue(dir, id, visit)
	}
	names, err := idDirectories(dir, idParts[parts])
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := j.walk(filepath.Join(dir, name), id+name, parts+1, visit); err != nil {
			return err
		}
	}
	return nil
}

// queue visits the messages of a queue.
func (j *Journals) queue(dir, id string, visit func(*Message) error) error {
	var m Message
	if _, err := encoding.Decode(m.Queue[:], []byte(id)); err != nil {
		return nil // not an ID: nobody's
	}
	path := filepath.Join(dir, stateStart+id+logSuffix)
	s, found, err := readJournalState(path)
	if err == errState {
		j.skip(Place{In: path}, err)
		return nil
	}
	if err != nil || !found || s.size == 0 {
		return err
	}
	r, w := s.read, s.write
	if r.journal == w.journal {
		return j.journal(dir, &m, r.journal, r.msgPos, r.bytePos, r.byteCount, visit)
	}
	if err := j.journal(dir, &m, r.journal, r.msgPos, r.bytePos, r.byteCount, visit); err != nil {
		return err
	}
	return j.journal(dir, &m, w.journal, 0, 0, w.bytePos, visit)
}

var (
	errNoJournal    = errors.New("the journal is not there, so that its messages are left out")
	errShortJournal = errors.New("the journal is shorter than its queue's state says; what is missing is left out")
)

// journal visits the messages in a part of a journal, the first of which is the nth. What is behind that part was written in a
// moment that a crash has ended.
func (j *Journals) journal(dir string, m *Message, id string, n, from, to int64, visit func(*Message) error) error {
	if from >= to {
		return nil
	}
	path := filepath.Join(dir, journals+id+logSuffix)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		j.skip(Place{In: path}, errNoJournal)
		return nil
	}
	if err != nil {
		return accessRefusal(path, err)
	}
	defer f.Close()
	in := j.in
	in.reset(io.NewSectionReader(f, from, to-from), Place{path, n})
	for {
		line, err := in.next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = parseJournalLine(line, m, j.mem)
		} else if err != errLong {
			return err
		}
		if m.At = in.at; err != nil {
			j.skip(m.At, err)
			continue
		}
		if err := visit(m); err != nil {
			return err
		}
	}
	if in.to < to-from {
		j.skip(Place{In: path}, errShortJournal)
	}
	return nil
}
