package load

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"switchyard/loadtest/history"
	"switchyard/smp"
	"switchyard/smp/client"
)

// noConnection is a line that is never connected.
type noConnection struct{}

func (noConnection) Add(...*client.RcvQueue)    {}
func (noConnection) Remove(...*client.RcvQueue) {}
func (noConnection) Close()                     {}

// testConfig is a load on a router with a window of 100 ms that was killed at 1 s and at 20 s. Of the messages that it took the
// last had been sent at 990 ms.
func testConfig(t *testing.T) Config {
	ledger, err := os.Create(filepath.Join(t.TempDir(), "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ledger.Close() })
	kills := &history.LossWindow{Length: 100 * time.Millisecond, Ledger: ledger, LastTaken: make(map[uint32]time.Duration)}
	for _, word := range []time.Duration{time.Second, 0, 20 * time.Second, 0} {
		if err := kills.Write(word); err != nil {
			t.Fatal(err)
		}
	}
	kills.Taken(0, 990*time.Millisecond)
	return Config{Conns: 5, Slots: 20, Size: 100, Auth: AuthEd25519, LossWindow: kills,
		Window: func(int) int { return 4 }, Messages: func(uint32) uint32 { return 30 }}
}

// What a queue makes of AUTH depends on what the router may have forgotten: the queue, the sender's key, or nothing.
func TestQueueThatTheRouterRefuses(t *testing.T) {
	before, within, later := history.Answer{Epoch: 0, At: 500 * time.Millisecond}, history.Answer{Epoch: 0, At: 950 * time.Millisecond}, history.Answer{Epoch: 2, At: 2500 * time.Millisecond}
	tests := []struct {
		name                   string
		created, secured, sent history.Answer // sent: when the queue had been secured when the message was sent
		want                   history.QueueState
		missing                int64
	}{
		{"nothing may be forgotten", before, before, before, history.QueueMissing, 1},
		{"the key may be", before, within, within, history.QueueCreated, 0},
		{"the key may be, and is set again", before, later, within, history.QueueOpen, 0},
		{"the new key is refused, too", before, later, later, history.QueueMissing, 1},
		{"the queue may be", within, later, later, history.QueueMissing, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := New(testConfig(t))
			if err != nil {
				t.Fatal(err)
			}
			q := l.add(0)
			for _, k := range []*link{q.receiver, q.sender} {
				k.conn = noConnection{}
			}
			q.rcv, q.snd = &client.RcvQueue{}, &client.SndQueue{Key: l.key(0)}
			q.state, q.created, q.secured = history.QueueOpen, tt.created, tt.secured
			q.refuseSender(smp.ErrAuth, tt.sent)
			n := &l.Count
			if q.state != tt.want || n.Missing.Load() != tt.missing {
				t.Errorf("state %d, missing %d", q.state, n.Missing.Load())
			}
			if faults := len(l.Count.AllFaults()); int64(faults) != tt.missing {
				t.Errorf("%d faults", faults)
			}
		})
	}
}
