package history

import (
	"fmt"
	"testing"
)

// history builds a history from attempts written as "OK", "?" or "no" with an optional session and epoch after
// slashes, and deliveries written as "id:position".
func history(attempts []string, deliveries ...string) History {
	var h History
	for i, s := range attempts {
		a := Attempt{Message: uint32(i)}
		var word string
		fmt.Sscanf(split(s), "%s %d %d", &word, &a.Session, &a.Epoch)
		a.Outcome = map[string]Outcome{"OK": Accepted, "?": Uncertain, "no": Refused}[word]
		h.Attempts = append(h.Attempts, a)
	}
	for _, s := range deliveries {
		var d Delivery
		fmt.Sscanf(split(s), "%s %d", &d.ID, &d.Position)
		h.Deliveries = append(h.Deliveries, d)
	}
	return h
}

func split(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] == '/' || b[i] == ':' {
			b[i] = ' '
		}
	}
	return string(b)
}

func list(s ...string) []string { return s }

func TestCheck(t *testing.T) {
	cut := func(h History) History { h.Cut = true; return h }
	acked := func(h History, i int) History { h.Deliveries[i].Acked = true; return h }
	corrupt := func(h History) History { h.Corrupt = 1; return h }
	tests := []struct {
		name    string
		history History
		want    Verdict
	}{
		{"empty", History{}, Verdict{}},
		{"all in order", history(list("OK", "OK", "OK"), "a:0", "b:1", "c:2"), Verdict{Sent: 3, Accepted: 3, Delivered: 3}},
		{"lost at the end", history(list("OK", "OK"), "a:0"), Verdict{Sent: 2, Accepted: 2, Delivered: 1, Lost: 1}},
		{"lost in the middle", history(list("OK", "OK", "OK"), "a:0", "c:2"),
			Verdict{Sent: 3, Accepted: 3, Delivered: 2, Lost: 1}},
		{"pending when cut", cut(history(list("OK", "OK", "OK"), "a:0")),
			Verdict{Sent: 3, Accepted: 3, Delivered: 1, Pending: 2}},
		{"lost although cut", cut(history(list("OK", "OK", "OK"), "b:1")),
			Verdict{Sent: 3, Accepted: 3, Delivered: 1, Pending: 1, Lost: 1}},
		{"swapped", history(list("OK", "OK", "OK"), "a:0", "c:2", "b:1"),
			Verdict{Sent: 3, Accepted: 3, Delivered: 3, Reordered: 1}},
		{"one early is one that came too early, two late", history(list("OK", "OK", "OK"), "c:2", "a:0", "b:1"),
			Verdict{Sent: 3, Accepted: 3, Delivered: 3, Reordered: 2}},
		{"redelivered", history(list("OK", "OK"), "a:0", "a:0", "b:1"),
			Verdict{Sent: 2, Accepted: 2, Delivered: 2, Redelivered: 1}},
		{"redelivered after its ACK", acked(history(list("OK", "OK"), "a:0", "a:0", "b:1"), 0),
			Verdict{Sent: 2, Accepted: 2, Delivered: 2, Redelivered: 1, Returned: 1}},
		{"redelivered with other content", history(list("OK", "OK"), "a:0", "a:1", "b:1"),
			Verdict{Sent: 2, Accepted: 2, Delivered: 2, Redelivered: 1, Corrupt: 1}},
		{"duplicate", history(list("OK", "OK"), "a:0", "x:0", "b:1"),
			Verdict{Sent: 2, Accepted: 2, Delivered: 2, Duplicates: 1}},
		{"duplicate late", history(list("OK", "OK"), "a:0", "b:1", "x:0"),
			Verdict{Sent: 2, Accepted: 2, Delivered: 2, Duplicates: 1}},
		{"never sent", history(list("OK"), "a:0", "b:7"), Verdict{Sent: 1, Accepted: 1, Delivered: 1, Corrupt: 1}},
		{"unreadable body", corrupt(history(list("OK"), "a:0")),
			Verdict{Sent: 1, Accepted: 1, Delivered: 1, Corrupt: 1}},
		{"refused", history(list("OK", "no", "OK"), "a:0", "c:2"),
			Verdict{Sent: 3, Accepted: 2, Refused: 1, Delivered: 2}},
		{"refused and delivered", history(list("OK", "no"), "a:0", "b:1"),
			Verdict{Sent: 2, Accepted: 1, Refused: 1, Delivered: 2, Unexpected: 1}},
		{"unanswered and missing", history(list("OK", "?/0/0", "OK/1/0"), "a:0", "c:2"),
			Verdict{Sent: 3, Accepted: 2, Unanswered: 1, Delivered: 2}},
		{"unanswered and delivered", history(list("OK", "?/0/0", "OK/1/0"), "a:0", "b:1", "c:2"),
			Verdict{Sent: 3, Accepted: 2, Unanswered: 1, Delivered: 3}},
		{"unanswered, its session cut, late", history(list("?/0/0", "OK/1/0"), "b:1", "a:0"),
			Verdict{Sent: 2, Accepted: 1, Unanswered: 1, Delivered: 2}},
		{"unanswered, router restarted, late", history(list("?/0/0", "OK/1/1"), "b:1", "a:0"),
			Verdict{Sent: 2, Accepted: 1, Unanswered: 1, Delivered: 2, Reordered: 1}},
		{"unanswered, late in its session", history(list("?/0/0", "?/0/0"), "b:1", "a:0"),
			Verdict{Sent: 2, Unanswered: 2, Delivered: 2, Reordered: 1}},
		{"two of a cut session swapped after a later one", history(list("?/0/0", "?/0/0", "OK/1/0"), "c:2", "b:1", "a:0"),
			Verdict{Sent: 3, Accepted: 1, Unanswered: 2, Delivered: 3, Reordered: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, findings := Check([]History{tt.history})
			if got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			if got.Clean() != (len(findings) == 0) && tt.history.Corrupt == 0 {
				t.Errorf("clean %v with findings %v", got.Clean(), findings)
			}
		})
	}
}

func TestCheckSumsQueuesAndBoundsFindings(t *testing.T) {
	queues := make([]History, 50)
	for i := range queues {
		queues[i] = history(list("OK", "OK"), "b:1")
	}
	got, findings := Check(queues)
	if want := (Verdict{Sent: 100, Accepted: 100, Delivered: 50, Lost: 50}); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if len(findings) != maxFindings {
		t.Errorf("%d findings, want %d", len(findings), maxFindings)
	}
	if want := "queue 3 position 0: answered OK and never delivered"; findings[3].String() != want {
		t.Errorf("finding %q, want %q", findings[3], want)
	}
}
