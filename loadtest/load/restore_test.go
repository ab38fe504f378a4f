package load

import (
	"testing"

	"switchyard/loadtest/history"
	"switchyard/loadtest/journal"
	"switchyard/smp/client"
)

// The journals of both ends of a queue whose clients are killed, in the order in which they were written.
func lifeOfAQueue() (recipient, sender []journal.Entry) {
	return []journal.Entry{
			{At: 1, Kind: journal.EntryNew}, {At: 2, Kind: journal.EntryNew}, // the first was not answered
			{At: 3, Kind: journal.EntryIDs, Epoch: 1, Rcv: &client.RcvQueue{ID: []byte("r")}, Snd: &client.SndQueue{ID: []byte("s")}},
			{At: 9, Kind: journal.EntryMessage, Position: 0, ID: []byte("m0")},
			{At: 10, Kind: journal.EntryACK, Delivery: 0, Epoch: 1},
			{At: 14, Kind: journal.EntryMessage, Position: 3, ID: []byte("m3")},
		}, []journal.Entry{
			{At: 4, Kind: journal.EntrySecured, Epoch: 1},
			{At: 5, Kind: journal.EntrySend, Message: 0, Session: 3, Epoch: 1},
			{At: 6, Kind: journal.EntrySend, Message: 1, Session: 3, Epoch: 1},
			{At: 7, Kind: journal.EntrySend, Message: 2, Session: 3, Epoch: 1},
			{At: 8, Kind: journal.EntryAnswer, Position: 0, Outcome: history.Accepted},
			{At: 11, Kind: journal.EntryAnswer, Position: 1, Outcome: history.Refused},
			{At: 12, Kind: journal.EntrySend, Message: 1, Session: 3, Epoch: 1},
			{At: 13, Kind: journal.EntryAnswer, Position: 3, Outcome: history.Accepted},
			{At: 15, Kind: journal.EntrySend, Message: 3, Session: 4, Epoch: 2},
			{At: 16, Kind: journal.EntryUnsent},
		}
}

// Each end of a queue goes on with what both journals tell: what was not accepted is sent again, nothing is on its way.
func TestQueueGoesOnFromItsJournals(t *testing.T) {
	l, err := New(testConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	f := journal.Merge(lifeOfAQueue())
	sender := newQueue(l, 0, 0, nil, l.links[1])
	sender.adopt(f)
	if sender.state != history.QueueOpen || sender.accepted != 2 || sender.lastAccepted != 3 || sender.outstanding != 0 || sender.next != 3 {
		t.Errorf("%+v", sender)
	}
	if len(sender.retries) != 1 || sender.retries[0].message != 2 {
		t.Errorf("to be sent again: %+v", sender.retries)
	}
	if got, _ := history.Check([]history.History{sender.history}); got.Sent != 4 || got.Delivered != 2 || got.Refused != 1 || got.Unanswered != 1 || !got.Clean() {
		t.Errorf("%+v", got)
	}
	recipient := newQueue(l, 0, 0, l.links[0], nil)
	recipient.adopt(f)
	if l.links[0].receiver([]byte("r")) != recipient || l.links[1].receiver([]byte("r")) != nil {
		t.Error("its messages do not reach the recipient alone")
	}
}
