package crash

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"switchyard/loadtest/history"
	"switchyard/loadtest/journal"
	"switchyard/loadtest/load"
	"switchyard/loadtest/load/routertest"
	"switchyard/loadtest/verify"
)

// Of a queue one end dies while the other lives on, and both go on with it.
func TestEitherEndOfAQueueMayDie(t *testing.T) {
	t.Parallel()
	r, dir := routertest.New(), t.TempDir()
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ledgerName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := newClientGroup(clientsOf(t, r), ClientConfig{Dir: dir, Queues: 1, Size: 64, Auth: load.AuthEd25519, Seed: 3}, 2, 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	const deaths = 6
	for n := range deaths {
		acked, accepted := w.acked.Load(), w.accepted.Load()
		flows := func() bool { return w.acked.Load() > acked && w.accepted.Load() > accepted }
		if err := w.until(context.Background(), flows); err != nil {
			t.Fatal(err)
		}
		if err := w.kill([]int{n % 2}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.drain(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.close()
	var histories []history.History
	lives := make(map[uint32]bool)
	err = journal.ReadAll(dir, func(uint32) bool { return true }, func(queue uint32, f *journal.QueueHistory) error {
		if f.State != history.QueueNew && f.State != history.QueueGone {
			t.Errorf("queue %d is left in state %d", queue, f.State)
		}
		for _, a := range f.Messages.Attempts {
			lives[a.Session/sessionsOfLife] = true
		}
		histories = append(histories, f.Messages)
		return nil
	})
	v, findings := history.Check(histories)
	if err != nil || !v.Clean() || v.Accepted == 0 || v.Accepted > v.Delivered {
		t.Errorf("%+v %v, %v", v, findings, err)
	}
	if len(lives) < deaths/2 {
		t.Errorf("the sender sent in %d lives, of %d", len(lives), deaths/2+1)
	}
}

// writeEntries writes the journal of one end of a queue.
func writeEntries(t *testing.T, path string, entries []journal.Entry) {
	t.Helper()
	j, err := journal.Open(path, func(journal.Entry) {})
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

// What the sender was told is in one journal, what the recipient got in another: the judge compares them.
func TestJudgeComparesBothEnds(t *testing.T) {
	sent := []journal.Entry{
		{Kind: journal.EntrySecured},
		{Kind: journal.EntrySend, Message: 0}, {Kind: journal.EntrySend, Message: 1}, {Kind: journal.EntrySend, Message: 2},
		{Kind: journal.EntryAnswer, Position: 0, Outcome: history.Accepted}, {Kind: journal.EntryAnswer, Position: 1, Outcome: history.Accepted},
		{Kind: journal.EntryAnswer, Position: 2, Outcome: history.Refused},
	}
	m0, m1 := journal.Entry{Kind: journal.EntryMessage, Position: 0, ID: []byte("a")}, journal.Entry{Kind: journal.EntryMessage, Position: 1, ID: []byte("b")}
	ack0, gone := journal.Entry{Kind: journal.EntryACK, Delivery: 0}, journal.Entry{Kind: journal.EntryGone}
	tests := []struct {
		name     string
		received []journal.Entry
		want     func(*verify.Report) bool
	}{
		{"all is well", []journal.Entry{m0, ack0, m1, gone}, (*verify.Report).Clean},
		{"an answered message did not come", []journal.Entry{m1, gone}, func(r *verify.Report) bool { return r.Lost == 1 }},
		{"a refused message came", []journal.Entry{m0, m1, {Kind: journal.EntryMessage, Position: 2, ID: []byte("c")}}, func(r *verify.Report) bool { return r.Unexpected == 1 }},
		{"a message came that was not sent", []journal.Entry{m0, m1, {Kind: journal.EntryMessage, Position: 3, ID: []byte("d")}}, func(r *verify.Report) bool { return r.Corrupt == 1 }},
		{"a message came twice", []journal.Entry{m0, m1, {Kind: journal.EntryMessage, Position: 0, ID: []byte("e")}}, func(r *verify.Report) bool { return r.Duplicates == 1 }},
		{"messages came in another order", []journal.Entry{m1, m0}, func(r *verify.Report) bool { return r.Reordered == 1 }},
		{"a message came after its ACK", []journal.Entry{m0, ack0, m0, m1}, func(r *verify.Report) bool { return r.Undone == 1 }},
		{"the queue was lost", []journal.Entry{m0, m1, {Kind: journal.EntryMissing, Err: "ERR AUTH"}}, func(r *verify.Report) bool { return r.Missing == 1 && r.Faults["ERR AUTH"] == 1 }},
		{"the deleted queue is there", []journal.Entry{m0, m1, gone, {Kind: journal.EntryKnownAgain}}, func(r *verify.Report) bool { return r.Undeleted == 1 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			writeEntries(t, filepath.Join(dir, "queue-7-sender"), sent)
			writeEntries(t, filepath.Join(dir, "queue-7-recipient"), slices.Concat([]journal.Entry{{Kind: journal.EntryNew}, {Kind: journal.EntryIDs}}, tt.received))
			k := killer{clients: &clientGroup{}, lossWindow: &history.LossWindow{}}
			r, err := k.judge(&Config{}, dir, time.Second, nil)
			if err != nil || !tt.want(r) || r.Accepted != 2 {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}
