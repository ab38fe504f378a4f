package journal

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchyard/loadtest/history"
)

func writeJournal(t *testing.T, path string, entries []Entry) {
	t.Helper()
	j, err := Open(path, func(Entry) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := j.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// A journal that was cut anywhere holds the entries before, and goes on behind them.
func TestTornJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	writeJournal(t, path, []Entry{
		{Kind: EntrySecured, Epoch: 1}, {Kind: EntrySend, Message: 7, Session: 3, Epoch: 1}, {Kind: EntryUnsent},
		{Kind: EntryAnswer, Position: 3, Outcome: history.Accepted}, {Kind: EntryMessage, Position: 1, ID: []byte("m")},
	})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range whole {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		writeJournal(t, path, []Entry{{Kind: entryFault}})
		var got []Entry
		if err := read(path, func(e Entry) { got = append(got, e) }); err != nil {
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
	f, err := Follow(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
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
		{"a long one, and one more", `{"k":"SEND","m":4,"err":"` + strings.Repeat("x", 3*followerRead) + `"}` + "\n" + `{"k":"SEND","m":5}` + "\n", []uint32{4, 5}},
	}
	for _, s := range steps {
		if _, err := out.WriteString(s.written); err != nil {
			t.Fatal(err)
		}
		news, err := f.Poll()
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
	if _, err := f.Poll(); err == nil {
		t.Error("a line that is no entry was taken")
	}
}

// What one end has written after the other has ended the queue changes nothing.
func TestFateOfAQueueThatOneEndHasGivenUp(t *testing.T) {
	f := Merge([]Entry{{At: 1, Kind: EntryIDs}, {At: 4, Kind: EntrySecured}, {At: 5, Kind: EntryMissing, Err: "AUTH"}},
		[]Entry{{At: 2, Kind: EntrySecured}, {At: 3, Kind: EntryMissing, Err: "AUTH"}})
	if f.State != history.QueueMissing || f.Reason != "AUTH" {
		t.Errorf("%+v", f)
	}
}

// The two ends of a queue are never in one process, and together the clients have each end once.
func TestEndsAreApart(t *testing.T) {
	const slots = 40
	for clients := 2; clients < 9; clients++ {
		has := make(map[Endpoint]int)
		for client := range clients {
			own := make(map[int]bool)
			for _, e := range endpointsOf(client, clients, slots) {
				has[e]++
				if own[e.Slot] {
					t.Errorf("client %d of %d has both ends of slot %d", client, clients, e.Slot)
				}
				own[e.Slot] = true
			}
		}
		for slot := range slots {
			for _, receives := range []bool{true, false} {
				if n := has[Endpoint{slot, receives}]; n != 1 {
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
	writeJournal(t, filepath.Join(dir, "client-0"), []Entry{{Kind: entryFinished, Queue: 0}, {Kind: entryFault, Err: "x"}, {Kind: entryFinished, Queue: 4}, {Kind: entryFinished, Queue: 3}})
	writeJournal(t, filepath.Join(dir, "client-1"), []Entry{{Kind: entryFinished, Queue: 0}})
	for number, want := range [][]uint32{{8, 1, 2, 7}, {4, 1, 2, 3}} {
		a, err := OpenDir(dir, number, clients, slots)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(a.next, want) {
			t.Errorf("client %d: %v, want %v", number, a.next, want)
		}
		a.Close()
	}
	faults := make(map[string]int)
	if err := ReadFaults(dir, faults); err != nil || len(faults) != 1 || faults["x"] != 1 {
		t.Errorf("faults %v, %v", faults, err)
	}
	// A client that was killed before it could note that the recipient has deleted the queue goes on with the next.
	writeJournal(t, filepath.Join(dir, "queue-1-recipient"), []Entry{{Kind: EntryGone}})
	for range 2 {
		a, err := OpenDir(dir, 0, clients, slots)
		if err != nil {
			t.Fatal(err)
		}
		f, err := a.Begin(1)
		if err != nil || f.Queue != 5 || f.History.State != history.QueueNew {
			t.Fatalf("%+v, %v", f, err)
		}
		_, _ = f.Journal.Close(), f.Remote.Close()
		a.Close()
	}
}
