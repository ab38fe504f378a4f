package loadtest

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"switchyard/agent"
)

// lifeOfAQueue is what a client has written of a queue when it is killed.
func lifeOfAQueue() []entry {
	return []entry{
		{Kind: entryNew}, {Kind: entryNew}, // the first was not answered
		{Kind: entryIDs, Epoch: 1, Rcv: &agent.RcvQueue{ID: []byte("r")}, Snd: &agent.SndQueue{ID: []byte("s")}},
		{Kind: entrySecured, Epoch: 1},
		{Kind: entrySend, Message: 0, Session: 3, Epoch: 1},
		{Kind: entrySend, Message: 1, Session: 3, Epoch: 1},
		{Kind: entrySend, Message: 2, Session: 3, Epoch: 1},
		{Kind: entryAnswer, Position: 0, Outcome: Accepted},
		{Kind: entryMessage, Position: 0, ID: []byte("m0")},
		{Kind: entryACK, Delivery: 0, Epoch: 1},
		{Kind: entryAnswer, Position: 1, Outcome: Refused},
		{Kind: entrySend, Message: 1, Session: 3, Epoch: 1},
		{Kind: entryAnswer, Position: 3, Outcome: Accepted},
		{Kind: entryMessage, Position: 3, ID: []byte("m3")},
		{Kind: entrySend, Message: 3, Session: 4, Epoch: 2},
		{Kind: entryUnsent},
		{Kind: entryDEL},
	}
}

func writeJournal(t *testing.T, path string, entries []entry) {
	t.Helper()
	j, err := openJournal(path, func(entry) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := j.write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
}

// A journal that was cut anywhere holds the entries before, and goes on behind them.
func TestTornJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	writeJournal(t, path, lifeOfAQueue())
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range whole {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		writeJournal(t, path, []entry{{Kind: entryFault}})
		var got []entry
		if err := readJournal(path, func(e entry) { got = append(got, e) }); err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		lines := 0
		for _, b := range whole[:cut] {
			if b == '\n' {
				lines++
			}
		}
		if len(got) != lines+1 || got[lines].Kind != entryFault {
			t.Fatalf("cut at %d: %d entries, want %d", cut, len(got), lines+1)
		}
	}
}

// A queue goes on with what its journal tells: what was not accepted is sent again, nothing is on its way.
func TestQueueGoesOnFromItsJournal(t *testing.T) {
	var f fate
	for _, e := range lifeOfAQueue() {
		f.take(e)
	}
	c := verifyConfig()
	l, err := newLoad(c.load(nil))
	if err != nil {
		t.Fatal(err)
	}
	q := l.add(0)
	q.adopt(&f)
	if q.state != queueOpen || q.deletes != 1 || q.accepted != 2 || q.lastAccepted != 3 || q.outstanding != 0 || q.next != 3 {
		t.Errorf("%+v", q)
	}
	if len(q.retries) != 1 || q.retries[0].message != 2 {
		t.Errorf("to be sent again: %+v", q.retries)
	}
	if got, _ := Check([]History{q.history}); got.Sent != 4 || got.Delivered != 2 || got.Refused != 1 || got.Unanswered != 1 || !got.Clean() {
		t.Errorf("%+v", got)
	}
	if q.receiver.receiver([]byte("r")) != q {
		t.Error("its messages do not reach it")
	}
}

// The slots of each client go on with their own queues.
func TestArchiveFindsItsQueues(t *testing.T) {
	dir := t.TempDir()
	const clients, slots = 2, 5
	for _, name := range []string{"queue-0.done", "queue-5.done", "queue-10", "queue-1", "queue-3.done", "other"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for number, want := range [][]uint32{{10, 2, 4}, {1, 8}} {
		a, err := openArchive(dir, number, clients, slots)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a.next, want) {
			t.Errorf("client %d: %v, want %v", number, a.next, want)
		}
		a.close()
	}
	// A client that was killed between the last entry and the new name goes on with the next queue.
	writeJournal(t, filepath.Join(dir, "queue-2"), []entry{{Kind: entryGone}})
	a, err := openArchive(dir, 0, clients, slots)
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	queue, f, j, err := a.begin(1)
	if err != nil || queue != 7 || f.state != queueNew {
		t.Fatalf("queue %d, %+v, %v", queue, f, err)
	}
	defer j.close()
	if _, err := os.Stat(filepath.Join(dir, "queue-2.done")); err != nil {
		t.Error(err)
	}
}

// Client processes learn of kills by what is written before and after each.
func TestLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), ledgerName)
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	killer, child := &lapses{window: 100 * ms, ledger: out}, &lapses{window: 100 * ms, ledger: in}
	for i, at := range []int64{1000, 2000} {
		for _, l := range []*lapses{killer, child} {
			if l.current() != uint32(i) || l.may(answer{uint32(i), 950 * ms}) {
				t.Errorf("before kill %d: epoch %d", i, l.current())
			}
		}
		for _, word := range []int64{at, 0} {
			if err := killer.write(time.Duration(word) * ms); err != nil {
				t.Fatal(err)
			}
		}
		for _, l := range []*lapses{killer, child} {
			if l.current() != uint32(i)+1 || !l.may(answer{uint32(i), time.Duration(at-50) * ms}) || l.may(answer{uint32(i), time.Duration(at-150) * ms}) {
				t.Errorf("after kill %d: %+v", i, l)
			}
		}
	}
}
