package history

import (
	"math"
	"testing"

	"github.com/anishathalye/porcupine"
)

// TestUnanswered: a command whose answer did not come is executed before the router is down, or never.
func TestUnanswered(t *testing.T) {
	const down = 100
	for _, c := range []struct {
		what          string
		before, after []string // answers to SENDs, while OFF is under way and when the router has been down
		ordered       bool
	}{
		{"executed", []string{"OK", "AUTH"}, []string{"AUTH"}, true},
		{"executed at last", []string{"OK"}, []string{"AUTH", "AUTH"}, true},
		{"never executed", []string{"OK"}, []string{"OK", "OK"}, true},
		{"executed by the next router", []string{"OK"}, []string{"OK", "AUTH"}, false},
		{"undone after it was seen", []string{"AUTH"}, []string{"OK"}, false},
	} {
		h := &history{downs: []int64{down}}
		add := func(conn int, in input, text string, call, end int64) {
			in.conn = conn
			h.operations = append(h.operations, porcupine.Operation{ClientId: conn, Input: in, Output: output{text: text}, Call: call, Return: end})
		}
		add(1, input{kind: opNew, turn: 1}, "IDS", 0, 1)
		add(1, input{kind: opOff, turn: unanswered}, unknown.text, 10, math.MaxInt64)
		at := int64(20)
		for turn, text := range append(c.before, c.after...) {
			if turn == len(c.before) {
				at = down + 1
			}
			add(2, input{kind: opSend, turn: turn + 1}, text, at, at+1)
			at += 2
		}
		var all []porcupine.Operation
		for _, o := range h.operations {
			all = append(all, h.bound(o))
		}
		takeTurns(all)
		if ordered := porcupine.CheckOperations(model, all); ordered != c.ordered {
			t.Errorf("%s: an order is found: %v", c.what, ordered)
		}
	}
}

// TestUnansweredGet: a GET whose answer did not come may have let an ACK behind it, on the same connection, take the message.
func TestUnansweredGet(t *testing.T) {
	for _, got := range []bool{true, false} {
		at := int64(0)
		var all []porcupine.Operation
		add := func(in input, out output) {
			all = append(all, porcupine.Operation{ClientId: in.conn, Input: in, Output: out, Call: at, Return: at + 1})
			at += 2
		}
		add(input{kind: opNew, conn: 1, turn: 1}, output{text: "IDS"})
		add(input{kind: opSend, conn: 1, turn: 2, message: "a", place: 1, received: 2}, output{text: "OK"})
		add(input{kind: opSend, conn: 1, turn: 3, message: "b", place: 2, received: 2}, output{text: "OK"})
		if got {
			add(input{kind: opGet, conn: 2, turn: unanswered}, unknown)
		}
		add(input{kind: opAck, conn: 2, turn: unanswered + 1, message: "a"}, unknown)
		add(input{kind: opGet, conn: 3, turn: 1}, output{text: "MSG", message: "b"})
		takeTurns(all)
		if ordered := porcupine.CheckOperations(model, all); ordered != got {
			t.Errorf("with a GET %v: an order is found: %v", got, ordered)
		}
	}
}
