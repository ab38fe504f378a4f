package loadtest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"switchyard/loadtest/history"
	"switchyard/smp"
	"switchyard/smp/client"
)

// noLine is a line that is never connected.
type noLine struct{}

func (noLine) Add(...*client.RcvQueue)    {}
func (noLine) Remove(...*client.RcvQueue) {}
func (noLine) Close()                     {}

// testConfig is a load on a router with a window of 100 ms that was killed at 1 s and at 20 s. Of the messages that it took the
// last had been sent at 990 ms.
func testConfig(t *testing.T) loadConfig {
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
	return loadConfig{conns: 5, slots: 20, size: 100, auth: AuthEd25519, lapses: kills,
		window: func(int) int { return 4 }, messages: func(uint32) uint32 { return 30 }}
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
			l, err := newLoad(testConfig(t))
			if err != nil {
				t.Fatal(err)
			}
			q := l.add(0)
			for _, k := range []*link{q.receiver, q.sender} {
				k.line = noLine{}
			}
			q.rcv, q.snd = &client.RcvQueue{}, &client.SndQueue{Key: l.key(0)}
			q.state, q.created, q.secured = history.QueueOpen, tt.created, tt.secured
			q.refuseSender(smp.ErrAuth, tt.sent)
			n := &l.count
			if q.state != tt.want || n.missing.Load() != tt.missing {
				t.Errorf("state %d, missing %d", q.state, n.missing.Load())
			}
			if faults := len(l.count.allFaults()); int64(faults) != tt.missing {
				t.Errorf("%d faults", faults)
			}
		})
	}
}
