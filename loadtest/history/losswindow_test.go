package history

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

const ms = time.Millisecond

// twoKills is a router with a window of 100 ms that was killed at 1 s and at 20 s. Of the messages that it took the last
// had been sent at 990 ms, and at 19.5 s, when its disk began to hang.
func twoKills() *LossWindow {
	l := &LossWindow{Length: 100 * ms, LastTaken: make(map[uint32]time.Duration)}
	l.note(time.Second)
	l.note(20 * time.Second)
	l.Taken(0, 990*ms)
	l.Taken(0, 700*ms)
	l.Taken(1, 19500*ms)
	return l
}

// aClients has not seen all queues.
func aClients() *LossWindow {
	l := twoKills()
	l.LastTaken = nil
	return l
}

func TestLossWindow(t *testing.T) {
	tests := []struct {
		name string
		of   *LossWindow
		a    Answer
		want bool
	}{
		{"long before the kill", twoKills(), Answer{0, 500 * ms}, false},
		{"just before the window", twoKills(), Answer{0, 889 * ms}, false},
		{"at its start", twoKills(), Answer{0, 890 * ms}, true},
		{"in it", twoKills(), Answer{0, 950 * ms}, true},
		{"read after the kill", twoKills(), Answer{0, 1050 * ms}, true},
		{"of the second process, at the first kill", twoKills(), Answer{1, 1050 * ms}, false},
		{"of the second process", twoKills(), Answer{1, 19450 * ms}, true},
		{"of the second process, before the window", twoKills(), Answer{1, 19350 * ms}, false},
		{"of a process that was not killed", twoKills(), Answer{2, 25 * time.Second}, false},
		{"a client's, while the disk may have hung", aClients(), Answer{1, 12 * time.Second}, true},
		{"a client's, long before", aClients(), Answer{1, 9 * time.Second}, false},
		{"no window", &LossWindow{kills: []time.Duration{time.Second}}, Answer{0, time.Second}, false},
		{"nobody is killed", nil, Answer{}, false},
	}
	for _, tt := range tests {
		if got := tt.of.MayForget(tt.a); got != tt.want {
			t.Errorf("%s: may %v", tt.name, got)
		}
		if got := tt.of.Excuse(tt.a); got != tt.want {
			t.Errorf("%s: excuse %v", tt.name, got)
		}
	}
}

func TestLossWindowKeepsTheOldest(t *testing.T) {
	l := twoKills()
	for _, a := range []Answer{{0, 990 * ms}, {0, 100 * ms}, {1, 19450 * ms}, {0, 980 * ms}, {2, 1000 * ms}} {
		l.Excuse(a)
	}
	if got := l.Oldest(); got != 550*ms {
		t.Errorf("%v", got)
	}
}

func TestJudge(t *testing.T) {
	// Three messages of the first process, answered 850, 920 and 990 ms after the load began, two of the second one.
	sent := func(deliveries ...string) History {
		h := history(list("OK/0/0", "OK/0/0", "OK/0/0", "OK/1/1", "OK/1/1"), deliveries...)
		for i, at := range []time.Duration{850 * ms, 920 * ms, 990 * ms, 1500 * ms, 1600 * ms} {
			h.Attempts[i].Answered = at
		}
		return h
	}
	acked := func(h History, i int, a Answer) History {
		h.Deliveries[i].Acked, h.Deliveries[i].AckedIn = true, a
		return h
	}
	always := &LossWindow{kills: []time.Duration{time.Second}}
	facts := Verdict{Sent: 5, Accepted: 5}
	with := func(change func(*Verdict)) Verdict { v := facts; change(&v); return v }
	tests := []struct {
		name    string
		of      *LossWindow
		history History
		want    Verdict
	}{
		{"all there", twoKills(), sent("a:0", "b:1", "c:2", "d:3", "e:4"), with(func(v *Verdict) { v.Delivered = 5 })},
		{"lost within", twoKills(), sent("a:0", "d:3", "e:4"),
			with(func(v *Verdict) { v.Delivered, v.Forgotten = 3, 2 })},
		{"one of them lost before", twoKills(), sent("d:3", "e:4"),
			with(func(v *Verdict) { v.Delivered, v.Forgotten, v.Lost = 2, 2, 1 })},
		{"lost within the window of another kill", twoKills(), sent("a:0", "b:1", "c:2"),
			with(func(v *Verdict) { v.Delivered, v.Lost = 3, 2 })},
		{"what may be lost comes late", twoKills(), sent("a:0", "d:3", "b:1", "c:2", "e:4"),
			with(func(v *Verdict) { v.Delivered, v.Reordered = 5, 2 })},
		{"what may be lost comes twice", twoKills(), sent("a:0", "b:1", "x:1", "c:2", "d:3", "e:4"),
			with(func(v *Verdict) { v.Delivered, v.Duplicates = 5, 1 })},
		{"always: lost", always, sent("a:0", "b:1", "d:3", "e:4"), with(func(v *Verdict) { v.Delivered, v.Lost = 4, 1 })},
		{"ACK lost within", twoKills(), acked(sent("a:0", "a:0", "b:1", "c:2", "d:3", "e:4"), 0, Answer{0, 950 * ms}),
			with(func(v *Verdict) { v.Delivered, v.Redelivered, v.Returned = 5, 1, 1 })},
		{"ACK lost before", twoKills(), acked(sent("a:0", "a:0", "b:1", "c:2", "d:3", "e:4"), 0, Answer{0, 860 * ms}),
			with(func(v *Verdict) { v.Delivered, v.Redelivered, v.Returned, v.Undone = 5, 1, 1, 1 })},
		{"always: ACK lost", always, acked(sent("a:0", "a:0", "b:1", "c:2", "d:3", "e:4"), 0, Answer{0, 999 * ms}),
			with(func(v *Verdict) { v.Delivered, v.Redelivered, v.Returned, v.Undone = 5, 1, 1, 1 })},
		{"second ACK lost", twoKills(), acked(acked(sent("a:0", "a:0", "a:0", "b:1", "c:2", "d:3", "e:4"), 0, Answer{0, 950 * ms}),
			1, Answer{1, 1500 * ms}),
			with(func(v *Verdict) { v.Delivered, v.Redelivered, v.Returned, v.Undone = 5, 2, 2, 1 })},
		{"without ACK", always, sent("a:0", "a:0", "b:1", "c:2", "d:3", "e:4"),
			with(func(v *Verdict) { v.Delivered, v.Redelivered = 5, 1 })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, findings := Judge([]History{tt.history}, tt.of)
			if got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			if got.Clean() != (len(findings) == 0) {
				t.Errorf("clean %v with findings %v", got.Clean(), findings)
			}
		})
	}
}

// Client processes learn of kills by what is written before and after each.
func TestLedger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger")
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
	killer, child := &LossWindow{Length: 100 * ms, Ledger: out}, &LossWindow{Length: 100 * ms, Ledger: in}
	for i, at := range []int64{20_000, 40_000} {
		for _, l := range []*LossWindow{killer, child} {
			if l.Epoch() != uint32(i) || l.MayForget(Answer{uint32(i), 19_950 * ms}) {
				t.Errorf("before kill %d: epoch %d", i, l.Epoch())
			}
		}
		for _, word := range []int64{at, 0} {
			if err := killer.Write(time.Duration(word) * ms); err != nil {
				t.Fatal(err)
			}
		}
		for _, l := range []*LossWindow{killer, child} {
			if l.Epoch() != uint32(i)+1 || !l.MayForget(Answer{uint32(i), time.Duration(at-50) * ms}) || l.MayForget(Answer{uint32(i), time.Duration(at-15_000) * ms}) {
				t.Errorf("after kill %d: %+v", i, l)
			}
		}
	}
}
