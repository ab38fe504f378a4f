package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"switchyard/loadtest/history"
)

// Dir is the directory of all journals, as one client sees it: its own journals are one for each of its ends of queues, and one
// for itself. From the journal of the other end a client learns what that does.
type Dir struct {
	dir       string
	slots     int        // of all clients
	Endpoints []Endpoint // of this client
	next      []uint32   // queue of each end: the number of its slot plus a multiple of the slots

	mu  sync.Mutex // of log
	log *Writer    // queues that are finished, and faults that belong to none
}

const (
	queuePrefix     = "queue-"
	clientPrefix    = "client-"
	recipientSuffix = "-recipient"
	senderSuffix    = "-sender"
)

// OpenDir finds out which queue each slot has come to.
func OpenDir(dir string, number, of, slots int) (*Dir, error) {
	a := &Dir{dir: dir, slots: slots, Endpoints: endpointsOf(number, of, slots)}
	for _, e := range a.Endpoints {
		a.next = append(a.next, uint32(e.Slot))
	}
	var err error
	a.log, err = Open(filepath.Join(dir, clientPrefix+strconv.Itoa(number)), func(e Entry) {
		if i := a.indexOf(e.Queue); e.Kind == entryFinished && i >= 0 {
			a.next[i] = e.Queue + uint32(slots)
		}
	})
	return a, err
}

// indexOf is which of the client's ends a queue belongs to, -1 when it has none.
func (a *Dir) indexOf(queue uint32) int {
	slot := int(queue) % a.slots
	return slices.IndexFunc(a.Endpoints, func(e Endpoint) bool { return e.Slot == slot })
}

func queuePath(dir string, queue uint32, receives bool) string {
	suffix := senderSuffix
	if receives {
		suffix = recipientSuffix
	}
	return filepath.Join(dir, queuePrefix+strconv.FormatUint(uint64(queue), 10)+suffix)
}

// Opened is a queue as a process finds it.
type Opened struct {
	Queue   uint32
	History *QueueHistory
	Journal *Writer   // of the client's end
	Remote  *Follower // the journal of the other
}

// Begin opens the next queue of one of this client's ends, for which nobody else does. The queue may have begun in an earlier
// process, or at its other end.
func (a *Dir) Begin(own int) (Opened, error) {
	for {
		f, err := a.open(a.next[own], a.Endpoints[own].Receives)
		a.next[own] += uint32(a.slots)
		if err != nil || !f.History.finished() {
			return f, err
		}
		if err := a.Finish(f.Queue, f.Journal, f.Remote); err != nil { // killed before it could
			return f, err
		}
	}
}

func (a *Dir) open(queue uint32, receives bool) (f Opened, err error) {
	f.Queue = queue
	var own, others []Entry
	if f.Journal, err = Open(queuePath(a.dir, queue, receives), func(e Entry) { own = append(own, e) }); err != nil {
		return f, err
	}
	if f.Remote, err = Follow(queuePath(a.dir, queue, !receives)); err == nil {
		others, err = f.Remote.Poll()
	}
	f.History = Merge(own, others)
	return f, err
}

// Finish closes the journals of a queue and notes that.
func (a *Dir) Finish(queue uint32, j *Writer, other *Follower) error {
	return errors.Join(j.Close(), other.Close(), a.write(Entry{Kind: entryFinished, Queue: queue}))
}

// Fault writes what a router should not have answered.
func (a *Dir) Fault(text string) error { return a.write(Entry{Kind: entryFault, Err: text}) }

func (a *Dir) write(e Entry) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.log.Write(e)
}

// KnownAgain writes that the router knows a queue that it had deleted.
func (a *Dir) KnownAgain(queue uint32) error {
	j, err := Open(queuePath(a.dir, queue, true), func(Entry) {})
	if err != nil {
		return err
	}
	return errors.Join(j.Write(Entry{Kind: EntryKnownAgain}), j.Close())
}

// Deleted calls do for each queue that this client received from and that was deleted.
func (a *Dir) Deleted(do func(queue uint32, f *QueueHistory) error) error {
	own := func(queue uint32) bool { i := a.indexOf(queue); return i >= 0 && a.Endpoints[i].Receives }
	return ReadAll(a.dir, own, func(queue uint32, f *QueueHistory) error {
		if f.State != history.QueueGone {
			return nil
		}
		return do(queue, f)
	})
}

// ReadAll reads the journals of those queues in a directory that are wanted.
func ReadAll(dir string, wanted func(queue uint32) bool, do func(queue uint32, f *QueueHistory) error) error {
	paths, err := filepath.Glob(filepath.Join(dir, queuePrefix+"*"+recipientSuffix))
	if err != nil {
		return err
	}
	for _, path := range paths {
		number := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), queuePrefix), recipientSuffix)
		queue, err := strconv.ParseUint(number, 10, 32)
		if err != nil || !wanted(uint32(queue)) {
			continue
		}
		f, err := readQueue(dir, uint32(queue))
		if err == nil {
			err = do(uint32(queue), f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readQueue reads the journals of both ends of a queue.
func readQueue(dir string, queue uint32) (*QueueHistory, error) {
	var ends [2][]Entry
	for i, receives := range []bool{true, false} {
		err := read(queuePath(dir, queue, receives), func(e Entry) { ends[i] = append(ends[i], e) })
		if err != nil && !errors.Is(err, os.ErrNotExist) { // the other end has not begun
			return nil, err
		}
	}
	return Merge(ends[0], ends[1]), nil
}

// ReadFaults counts the faults that clients have written.
func ReadFaults(dir string, faults map[string]int) error {
	paths, err := filepath.Glob(filepath.Join(dir, clientPrefix+"*"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		err := read(path, func(e Entry) {
			if e.Kind == entryFault {
				faults[e.Err]++
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func read(path string, take func(Entry)) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if _, err := takeEntries(text, take); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// Close closes the journal of the client itself.
func (a *Dir) Close() { _ = a.log.Close() } // nothing is buffered
