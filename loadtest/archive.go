package loadtest

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

// archive is the journals of a client, one for each of its ends of queues and one of its own, in a directory that all clients
// share. From the journal of the other end a client learns what that does.
type archive struct {
	dir   string
	slots int      // of all clients
	ends  []end    // of this client
	next  []uint32 // queue of each end: the number of its slot plus a multiple of the slots

	mu  sync.Mutex // of own
	own *journal   // queues that are finished, and faults that belong to none
}

const (
	queuePrefix     = "queue-"
	clientPrefix    = "client-"
	recipientSuffix = "-recipient"
	senderSuffix    = "-sender"
)

// openArchive finds out which queue each slot has come to.
func openArchive(dir string, number, of, slots int) (*archive, error) {
	a := &archive{dir: dir, slots: slots, ends: endsOf(number, of, slots)}
	for _, e := range a.ends {
		a.next = append(a.next, uint32(e.slot))
	}
	var err error
	a.own, err = openJournal(filepath.Join(dir, clientPrefix+strconv.Itoa(number)), func(e entry) {
		if i := a.find(e.Queue); e.Kind == entryFinished && i >= 0 {
			a.next[i] = e.Queue + uint32(slots)
		}
	})
	return a, err
}

// find is which of the client's ends a queue belongs to, -1 when it has none.
func (a *archive) find(queue uint32) int {
	slot := int(queue) % a.slots
	return slices.IndexFunc(a.ends, func(e end) bool { return e.slot == slot })
}

func queuePath(dir string, queue uint32, receives bool) string {
	suffix := senderSuffix
	if receives {
		suffix = recipientSuffix
	}
	return filepath.Join(dir, queuePrefix+strconv.FormatUint(uint64(queue), 10)+suffix)
}

// opened is a queue as a process finds it.
type opened struct {
	queue   uint32
	fate    *fate
	journal *journal   // of the client's end
	other   *following // the journal of the other
}

// begin opens the next queue of one of this client's ends, for which nobody else does. The queue may have begun in an earlier
// process, or at its other end.
func (a *archive) begin(own int) (opened, error) {
	for {
		f, err := a.open(a.next[own], a.ends[own].receives)
		a.next[own] += uint32(a.slots)
		if err != nil || !f.fate.finished() {
			return f, err
		}
		if err := a.finish(f.queue, f.journal, f.other); err != nil { // killed before it could
			return f, err
		}
	}
}

func (a *archive) open(queue uint32, receives bool) (f opened, err error) {
	f.queue = queue
	var own, others []entry
	if f.journal, err = openJournal(queuePath(a.dir, queue, receives), func(e entry) { own = append(own, e) }); err != nil {
		return f, err
	}
	if f.other, err = follow(queuePath(a.dir, queue, !receives)); err == nil {
		others, err = f.other.news()
	}
	f.fate = fateOf(own, others)
	return f, err
}

// finish closes the journals of a queue and notes that.
func (a *archive) finish(queue uint32, j *journal, other *following) error {
	return errors.Join(j.close(), other.close(), a.write(entry{Kind: entryFinished, Queue: queue}))
}

// fault writes what a router should not have answered.
func (a *archive) fault(text string) error { return a.write(entry{Kind: entryFault, Err: text}) }

func (a *archive) write(e entry) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.own.write(e)
}

// back writes that the router knows a queue that it had deleted.
func (a *archive) back(queue uint32) error {
	j, err := openJournal(queuePath(a.dir, queue, true), func(entry) {})
	if err != nil {
		return err
	}
	return errors.Join(j.write(entry{Kind: entryBack}), j.close())
}

// deleted calls do for each queue that this client received from and that was deleted.
func (a *archive) deleted(do func(queue uint32, f *fate) error) error {
	own := func(queue uint32) bool { i := a.find(queue); return i >= 0 && a.ends[i].receives }
	return readFates(a.dir, own, func(queue uint32, f *fate) error {
		if f.state != history.QueueGone {
			return nil
		}
		return do(queue, f)
	})
}

// readFates reads the journals of those queues in a directory that are wanted.
func readFates(dir string, wanted func(queue uint32) bool, do func(queue uint32, f *fate) error) error {
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
		f, err := readFate(dir, uint32(queue))
		if err == nil {
			err = do(uint32(queue), f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readFate reads the journals of both ends of a queue.
func readFate(dir string, queue uint32) (*fate, error) {
	var ends [2][]entry
	for i, receives := range []bool{true, false} {
		err := readJournal(queuePath(dir, queue, receives), func(e entry) { ends[i] = append(ends[i], e) })
		if err != nil && !errors.Is(err, os.ErrNotExist) { // the other end has not begun
			return nil, err
		}
	}
	return fateOf(ends[0], ends[1]), nil
}

// readFaults counts the faults that clients have written.
func readFaults(dir string, faults map[string]int) error {
	paths, err := filepath.Glob(filepath.Join(dir, clientPrefix+"*"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		err := readJournal(path, func(e entry) {
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

func readJournal(path string, take func(entry)) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if _, err := takeEntries(text, take); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (a *archive) close() { _ = a.own.close() } // nothing is buffered
