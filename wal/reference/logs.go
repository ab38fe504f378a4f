package reference

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"switchyard/internal/extsort"
	"switchyard/smp"
)

// Names of the files in a router's directory.
const (
	StoreLogName   = "smp-server-store.log"
	MessageLogName = "smp-server-messages.log"
	NtfLogName     = "smp-server-ntfs.log"
	StatsName      = "smp-server-stats.log"
	JournalsName   = "messages"
	startSuffix    = ".start" // of the log that a start was compacting when it ended
)

// LogsOptions are what a source of files needs.
type LogsOptions struct {
	Scratch string             // directory for what is sorted
	Memory  int                // bytes that sorting takes
	Skip    func(Place, error) // is told of what is left out
	Note    func(string)       // is told what else is worth knowing
}

// Logs is a Source that reads the files of a router that kept its queues in memory.
type Logs struct {
	o        LogsOptions
	storeLog string
	messages *messageLog
	journals *Journals
	ntfs     string // empty: there is none

	watched []watched // files, to see whether they change
	total   int64
	done    atomic.Int64

	services  []*Service
	sorted    int64           // how much of the store log, from its start, is in the order of recipient IDs
	rest      *extsort.Sorter // the lines behind that: recipient ID, line → text
	deletions int64
}

// watched is a file as it was at first.
type watched struct {
	path    string
	size    int64
	changed time.Time
}

// OpenLogs finds the files in the directory of a stopped router. It changes nothing there.
func OpenLogs(dir string, o LogsOptions) (*Logs, error) {
	s := &Logs{o: o, storeLog: filepath.Join(dir, StoreLogName)}
	interrupted := s.storeLog + startSuffix
	if _, err := os.Lstat(interrupted); err == nil {
		o.Note(interrupted + " is read, as the router ended while it started; what stands in " + s.storeLog + " is a part of it")
		s.storeLog = interrupted
	}
	if err := s.watch(s.storeLog); errors.Is(err, fs.ErrNotExist) {
		return nil, &Refusal{dir, "holds no state of a router, as there is no " + StoreLogName, "name the directory that has it"}
	} else if err != nil {
		return nil, err
	}
	s.total *= 2 // it is read twice
	if err := s.findMessages(dir); err != nil {
		return nil, err
	}
	if ntfs := filepath.Join(dir, NtfLogName); s.watch(ntfs) == nil {
		s.ntfs = ntfs
	}
	return s, s.refuseLive()
}

// findMessages finds the messages log or the journals.
func (s *Logs) findMessages(dir string) error {
	log, journals := filepath.Join(dir, MessageLogName), filepath.Join(dir, JournalsName)
	err := s.watch(log)
	there := err == nil
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	info, err := os.Stat(journals)
	switch {
	case err == nil && info.IsDir() && there:
		return &Refusal{log, "is there beside " + journals + ", and only one of them holds the messages", "move the other one away"}
	case err == nil && info.IsDir():
		s.journals, err = OpenJournals(journals, s.o.Skip)
		return err
	case there:
		s.messages = &messageLog{path: log}
	default:
		if _, err := os.Lstat(log + ".bak"); err == nil {
			s.o.Note(log + " is not there, as the router has not ended well; its " + MessageLogName + ".bak is of an earlier end, and is not read")
		}
	}
	return nil
}

// watch takes note of a file that is to be read.
func (s *Logs) watch(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return accessRefusal(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return &Refusal{path, "is not a file", "name the directory of a router's state"}
	}
	s.watched = append(s.watched, watched{path, info.Size(), info.ModTime()})
	s.total += info.Size()
	return nil
}

// accessRefusal is a *Refusal for a file that may not be read, and the error itself otherwise.
func accessRefusal(path string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return &Refusal{path, "may not be read", "run as its owner, or as root"}
	}
	return err
}

func foreignRefusal(path, what string) error {
	return &Refusal{path, "no line of it is one of a " + what, "name the directory of a router's state"}
}

func newerRefusal(at Place) error {
	return &Refusal{at.String(), "is of a newer version than this one knows", "install a newer version"}
}

func changedRefusal(path string) error {
	return &Refusal{path, "is in use: its router runs", "stop that router first"}
}

// Progress implements Source.
func (s *Logs) Progress() (done, total int64) {
	done, total = s.done.Load(), s.total
	if s.journals != nil {
		d, t := s.journals.Progress()
		done, total = done+d, total+t
	}
	return done, total
}

// Finish implements Source.
func (s *Logs) Finish() error {
	var err error
	if s.rest != nil {
		err = s.rest.Close()
	}
	for _, w := range s.watched {
		info, err := os.Stat(w.path)
		if err != nil || info.Size() != w.size || !info.ModTime().Equal(w.changed) {
			return changedRefusal(w.path)
		}
	}
	return err
}

// Services implements Source. It reads the store log once, to find its services, how much of it is in order, and to sort the
// rest.
func (s *Logs) Services(visit func(*Service) error) error {
	f, err := os.Open(s.storeLog)
	if err != nil {
		return err
	}
	defer f.Close()
	s.rest = extsort.New(s.o.Scratch, s.o.Memory)
	in := newLineReader(f, s.storeLog, &s.done)
	var last smp.ID
	key := make([]byte, 0, len(last)+8)
	inOrder, bad := true, int64(0)
	for {
		line, err := in.next()
		if err == io.EOF {
			break
		}
		if err != nil && err != errLong {
			return err
		}
		var kind logKind
		var queue smp.ID
		if err == nil {
			kind, queue, err = logHead(line)
		}
		switch {
		case err != nil:
			bad++
			s.o.Skip(in.at, err)
		case kind == logNewService:
			if err := s.addService(line, in.at); err != nil {
				s.o.Skip(in.at, err)
			}
		case inOrder && kind == logCreate && string(queue[:]) > string(last[:]):
			last = queue
		default:
			inOrder = false
			key = binary.BigEndian.AppendUint64(append(key[:0], queue[:]...), uint64(in.at.Line))
			if err := s.rest.Add(key, line); err != nil {
				return err
			}
		}
		if inOrder {
			s.sorted = in.to
		}
	}
	if bad > 0 && bad == in.at.Line {
		return foreignRefusal(s.storeLog, "store log")
	}
	for _, v := range s.services {
		if err := visit(v); err != nil {
			return err
		}
	}
	return nil
}

var (
	errServiceTwice = errors.New("the certificate has another service already")
	errServiceID    = errors.New("the service ID belongs to another certificate")
	errServices     = fmt.Errorf("more than %d services", maxServices)
)

// maxServices bounds the services, which are in memory. There are as many as there are programs that receive for thousands of
// queues.
const maxServices = 1 << 14

func (s *Logs) addService(line []byte, at Place) error {
	r, err := parseLogLine(line)
	if err != nil {
		return err
	}
	for _, v := range s.services {
		switch {
		case v.Fingerprint == r.service.Fingerprint && v.ID == r.service.ID && v.Role == r.service.Role:
			return nil
		case v.Fingerprint == r.service.Fingerprint:
			return errServiceTwice
		case v.ID == r.service.ID:
			return errServiceID
		}
	}
	if len(s.services) == maxServices {
		return errServices
	}
	r.service.At = at
	s.services = append(s.services, r.service)
	return nil
}

// Messages implements Source.
func (s *Logs) Messages(visit func(*Message) error) error {
	switch {
	case s.messages != nil:
		return s.messages.messages(s, visit)
	case s.journals != nil:
		return s.journals.Messages(visit)
	}
	return nil
}

// Deleted implements Source.
func (s *Logs) Deleted() int64 { return s.deletions }
