package loadtest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/smp/client"
)

// The journals of both ends of a queue whose clients are killed, in the order in which they were written.
func lifeOfAQueue() (recipient, sender []entry) {
	return []entry{
			{At: 1, Kind: entryNew}, {At: 2, Kind: entryNew}, // the first was not answered
			{At: 3, Kind: entryIDs, Epoch: 1, Rcv: &client.RcvQueue{ID: []byte("r")}, Snd: &client.SndQueue{ID: []byte("s")}},
			{At: 9, Kind: entryMessage, Position: 0, ID: []byte("m0")},
			{At: 10, Kind: entryACK, Delivery: 0, Epoch: 1},
			{At: 14, Kind: entryMessage, Position: 3, ID: []byte("m3")},
		}, []entry{
			{At: 4, Kind: entrySecured, Epoch: 1},
			{At: 5, Kind: entrySend, Message: 0, Session: 3, Epoch: 1},
			{At: 6, Kind: entrySend, Message: 1, Session: 3, Epoch: 1},
			{At: 7, Kind: entrySend, Message: 2, Session: 3, Epoch: 1},
			{At: 8, Kind: entryAnswer, Position: 0, Outcome: Accepted},
			{At: 11, Kind: entryAnswer, Position: 1, Outcome: Refused},
			{At: 12, Kind: entrySend, Message: 1, Session: 3, Epoch: 1},
			{At: 13, Kind: entryAnswer, Position: 3, Outcome: Accepted},
			{At: 15, Kind: entrySend, Message: 3, Session: 4, Epoch: 2},
			{At: 16, Kind: entryUnsent},
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
	_, life := lifeOfAQueue()
	writeJournal(t, path, life)
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

// What another process adds is read once, each line when it is whole.
func TestFollowedJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	f, err := follow(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	out, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	steps := []struct {
		name, written string
		want          []uint32 // messages
	}{
		{"nothing", "", nil},
		{"one", `{"k":"SEND","m":1}` + "\n", []uint32{1}},
		{"half of one", `{"k":"SEND`, nil},
		{"the rest, and one more", `","m":2}` + "\n" + `{"k":"SEND","m":3}` + "\n", []uint32{2, 3}},
		{"a long one, and one more", `{"k":"SEND","m":4,"err":"` + strings.Repeat("x", 3*followingRead) + `"}` + "\n" + `{"k":"SEND","m":5}` + "\n", []uint32{4, 5}},
	}
	for _, s := range steps {
		if _, err := out.WriteString(s.written); err != nil {
			t.Fatal(err)
		}
		news, err := f.news()
		var got []uint32
		for _, e := range news {
			got = append(got, e.Message)
		}
		if err != nil || !slices.Equal(got, s.want) {
			t.Errorf("%s: %v, want %v, %v", s.name, got, s.want, err)
		}
	}
	if _, err := out.WriteString("no entry\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.news(); err == nil {
		t.Error("a line that is no entry was taken")
	}
}

// Each end of a queue goes on with what both journals tell: what was not accepted is sent again, nothing is on its way.
func TestQueueGoesOnFromItsJournals(t *testing.T) {
	c := verifyConfig()
	l, err := newLoad(c.load(nil))
	if err != nil {
		t.Fatal(err)
	}
	f := fateOf(lifeOfAQueue())
	sender := newQueue(l, 0, 0, nil, l.links[1])
	sender.adopt(f)
	if sender.state != queueOpen || sender.accepted != 2 || sender.lastAccepted != 3 || sender.outstanding != 0 || sender.next != 3 {
		t.Errorf("%+v", sender)
	}
	if len(sender.retries) != 1 || sender.retries[0].message != 2 {
		t.Errorf("to be sent again: %+v", sender.retries)
	}
	if got, _ := Check([]History{sender.history}); got.Sent != 4 || got.Delivered != 2 || got.Refused != 1 || got.Unanswered != 1 || !got.Clean() {
		t.Errorf("%+v", got)
	}
	recipient := newQueue(l, 0, 0, l.links[0], nil)
	recipient.adopt(f)
	if l.links[0].receiver([]byte("r")) != recipient || l.links[1].receiver([]byte("r")) != nil {
		t.Error("its messages do not reach the recipient alone")
	}
}

// What one end has written after the other has ended the queue changes nothing.
func TestFateOfAQueueThatOneEndHasGivenUp(t *testing.T) {
	f := fateOf([]entry{{At: 1, Kind: entryIDs}, {At: 4, Kind: entrySecured}, {At: 5, Kind: entryMissing, Err: "AUTH"}},
		[]entry{{At: 2, Kind: entrySecured}, {At: 3, Kind: entryMissing, Err: "AUTH"}})
	if f.state != queueMissing || f.why != "AUTH" {
		t.Errorf("%+v", f)
	}
}

// The two ends of a queue are never in one process, and together the clients have each end once.
func TestEndsAreApart(t *testing.T) {
	const slots = 40
	for clients := 2; clients < 9; clients++ {
		has := make(map[end]int)
		for client := range clients {
			own := make(map[int]bool)
			for _, e := range endsOf(client, clients, slots) {
				has[e]++
				if own[e.slot] {
					t.Errorf("client %d of %d has both ends of slot %d", client, clients, e.slot)
				}
				own[e.slot] = true
			}
		}
		for slot := range slots {
			for _, receives := range []bool{true, false} {
				if n := has[end{slot, receives}]; n != 1 {
					t.Errorf("%d of %d clients have an end of slot %d", n, clients, slot)
				}
			}
		}
	}
}

// Each end goes on with the queue that it has come to, which need not be that of the other end.
func TestArchiveFindsItsQueues(t *testing.T) {
	dir := t.TempDir()
	const clients, slots = 2, 4
	writeJournal(t, filepath.Join(dir, "client-0"), []entry{{Kind: entryFinished, Queue: 0}, {Kind: entryFault, Err: "x"}, {Kind: entryFinished, Queue: 4}, {Kind: entryFinished, Queue: 3}})
	writeJournal(t, filepath.Join(dir, "client-1"), []entry{{Kind: entryFinished, Queue: 0}})
	for number, want := range [][]uint32{{8, 1, 2, 7}, {4, 1, 2, 3}} {
		a, err := openArchive(dir, number, clients, slots)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a.next, want) {
			t.Errorf("client %d: %v, want %v", number, a.next, want)
		}
		a.close()
	}
	faults := make(map[string]int)
	if err := readFaults(dir, faults); err != nil || len(faults) != 1 || faults["x"] != 1 {
		t.Errorf("faults %v, %v", faults, err)
	}
	// A client that was killed before it could note that the recipient has deleted the queue goes on with the next.
	writeJournal(t, filepath.Join(dir, "queue-1-recipient"), []entry{{Kind: entryGone}})
	for range 2 {
		a, err := openArchive(dir, 0, clients, slots)
		if err != nil {
			t.Fatal(err)
		}
		f, err := a.begin(1)
		if err != nil || f.queue != 5 || f.fate.state != queueNew {
			t.Fatalf("%+v, %v", f, err)
		}
		_, _ = f.journal.close(), f.other.close()
		a.close()
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
	for i, at := range []int64{20_000, 40_000} {
		for _, l := range []*lapses{killer, child} {
			if l.current() != uint32(i) || l.may(answer{uint32(i), 19_950 * ms}) {
				t.Errorf("before kill %d: epoch %d", i, l.current())
			}
		}
		for _, word := range []int64{at, 0} {
			if err := killer.write(time.Duration(word) * ms); err != nil {
				t.Fatal(err)
			}
		}
		for _, l := range []*lapses{killer, child} {
			if l.current() != uint32(i)+1 || !l.may(answer{uint32(i), time.Duration(at-50) * ms}) || l.may(answer{uint32(i), time.Duration(at-15_000) * ms}) {
				t.Errorf("after kill %d: %+v", i, l)
			}
		}
	}
}
