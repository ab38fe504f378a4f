package loadtest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// archive is the journals of a client, one for each of its queues, in a directory that all clients share. Slots of all
// clients are counted through; those of a client are number, number+of, and so on. A queue has the number of its slot plus a
// multiple of the slots.
type archive struct {
	dir        string
	number, of int      // of the client, and how many there are
	slots      int      // of all clients
	next       []uint32 // queue of each slot

	mu  sync.Mutex // of own
	own *journal   // faults that belong to no queue
}

const (
	queuePrefix    = "queue-"
	clientPrefix   = "client-"
	finishedSuffix = ".done" // of queues that nothing more is done with
)

// openArchive finds out which queue each slot has come to.
func openArchive(dir string, number, of, slots int) (*archive, error) {
	a := &archive{dir: dir, number: number, of: of, slots: slots}
	for slot := number; slot < slots; slot += of {
		a.next = append(a.next, uint32(slot))
	}
	all, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		queue, finished, ok := parseQueueName(e.Name())
		if !ok || queue%slots%of != number {
			continue
		}
		if finished {
			queue += slots
		}
		n := &a.next[(queue%slots-number)/of]
		*n = max(*n, uint32(queue))
	}
	a.own, err = openJournal(filepath.Join(dir, clientPrefix+strconv.Itoa(number)), func(entry) {})
	return a, err
}

func parseQueueName(name string) (queue int, finished, ok bool) {
	name, ok = strings.CutPrefix(name, queuePrefix)
	name, finished = strings.CutSuffix(name, finishedSuffix)
	queue, err := strconv.Atoi(name)
	return queue, finished, ok && err == nil
}

func (a *archive) path(queue uint32) string {
	return filepath.Join(a.dir, queuePrefix+strconv.FormatUint(uint64(queue), 10))
}

// slot is the number among all clients of one of this client's slots.
func (a *archive) slot(own int) int { return a.number + own*a.of }

// begin opens the journal of the next queue of one of this client's slots. The queue may have begun in an earlier process.
func (a *archive) begin(own int) (queue uint32, f *fate, j *journal, err error) {
	for {
		queue = a.next[own]
		a.next[own] += uint32(a.slots)
		f = &fate{}
		if j, err = openJournal(a.path(queue), f.take); err != nil || !f.finished() {
			return queue, f, j, err
		}
		if err := a.finish(queue, j); err != nil { // killed before it could
			return 0, nil, nil, err
		}
	}
}

// finish closes the journal of a queue and marks it.
func (a *archive) finish(queue uint32, j *journal) error {
	return errors.Join(j.close(), os.Rename(a.path(queue), a.path(queue)+finishedSuffix))
}

// fault writes what a router should not have answered.
func (a *archive) fault(text string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.own.write(entry{Kind: entryFault, Err: text})
}

// back writes that the router knows a queue that it had deleted.
func (a *archive) back(queue uint32) error {
	j, err := openJournal(a.path(queue)+finishedSuffix, func(entry) {})
	if err != nil {
		return err
	}
	return errors.Join(j.write(entry{Kind: entryBack}), j.close())
}

// deleted calls do for each queue of this client that was deleted.
func (a *archive) deleted(do func(queue uint32, f *fate) error) error {
	own := func(queue int) bool { return queue%a.slots%a.of == a.number }
	return readFates(a.dir, own, func(queue int, f *fate) error {
		if f.state != queueGone {
			return nil
		}
		return do(uint32(queue), f)
	})
}

// readFates reads the journals of those queues in a directory that are wanted.
func readFates(dir string, wanted func(queue int) bool, do func(queue int, f *fate) error) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		queue, _, ok := parseQueueName(e.Name())
		if !ok || !wanted(queue) {
			return nil
		}
		var f fate
		if err := readJournal(path, f.take); err != nil {
			return err
		}
		return do(queue, &f)
	})
}

// readFaults counts the faults that clients have written.
func readFaults(dir string, faults map[string]int) error {
	paths, err := filepath.Glob(filepath.Join(dir, clientPrefix+"*"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := readJournal(path, func(e entry) { faults[e.Err]++ }); err != nil {
			return err
		}
	}
	return nil
}

func readJournal(path string, take func(entry)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := readEntries(f, take); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func (a *archive) close() { _ = a.own.close() } // nothing is buffered
