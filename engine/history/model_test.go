package history

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/anishathalye/porcupine"
)

// kind is what an operation is: a command, or an event, which says what was so at some moment before it came.
type kind string

const (
	opNew     kind = "NEW"
	opKey     kind = "KEY"
	opSKey    kind = "SKEY"
	opSend    kind = "SEND"
	opSub     kind = "SUB"
	opAck     kind = "ACK"
	opGet     kind = "GET"
	opQue     kind = "QUE"
	opOff     kind = "OFF"
	opDel     kind = "DEL"
	eventMsg  kind = "MSG"
	eventEnd  kind = "END"
	eventDeld kind = "DELD"
)

// input is what an operation asks for.
type input struct {
	queue   int
	conn    int // connections have numbers that never come again
	kind    kind
	key     int    // of KEY, SKEY; that signs SEND; 0 without
	message string // of SEND, ACK, and the events
	turn    int    // the place of the answer or event among all that the connection has received, from 1; at the end of the queue

	// Of SEND, known at the end: the place of the message among the received ones of the queue, and how many these are.
	// Without it a wrong order of two messages would show only where they are received, and the search would take for ever.
	place, received int
}

// output is how it was answered: OK, an error, MSG with its message, or not at all.
type output struct {
	text    string
	message string
	size    int  // of QUE
	secured bool // of QUE
}

// unknown is the output of operations whose answer did not come.
var unknown = output{text: "?"}

// misplaced is the output of a SEND that cannot be here, as its message was received before or after others.
var misplaced = output{text: "misplaced"}

// queue is the state of a queue. It is a value that == compares, for porcupine.
type queue struct {
	exists, off, gone bool
	key               int
	sent              int    // messages so far
	messages          string // each with a comma behind it
	conn              int    // that is subscribed; 0 without
	delivered         string // to it
	gets              string // connections that used GET, with what they have: "conn:message,"
	turns             string // connections, with their last operation: "conn:turn,"
}

func (q *queue) first() string {
	m, _, _ := strings.Cut(q.messages, ",")
	return m
}

// push delivers the first message to the subscriber, if it has none.
func (q *queue) push() {
	if q.conn != 0 && q.delivered == "" {
		q.delivered = q.first()
	}
}

// got is what a connection has by GET; ok is false when it has not used it.
func (q *queue) got(conn int) (message string, ok bool) {
	return lookUp(q.gets, conn)
}

func (q *queue) setGot(conn int, message string) { q.gets = put(q.gets, conn, message) }

// lookUp finds what a list has of a connection.
func lookUp(list string, conn int) (value string, ok bool) {
	for entry := range strings.SplitSeq(list, ",") {
		if c, v, _ := strings.Cut(entry, ":"); c == fmt.Sprint(conn) {
			return v, true
		}
	}
	return "", false
}

// put replaces what a list has of a connection.
func put(list string, conn int, value string) string {
	all := slices.DeleteFunc(strings.Split(list, ","), func(entry string) bool {
		return entry == "" || strings.HasPrefix(entry, fmt.Sprint(conn, ":"))
	})
	all = append(all, fmt.Sprint(conn, ":", value))
	slices.Sort(all)
	return strings.Join(all, ",")
}

// takeTurn tells whether an operation comes behind all that its connection has received before it: what a connection
// receives of a queue is in the order in which it happened.
func (q *queue) takeTurn(in input) bool {
	last, _ := lookUp(q.turns, in.conn)
	if n, _ := strconv.Atoi(last); in.turn != n+1 {
		return false
	}
	q.turns = put(q.turns, in.conn, strconv.Itoa(in.turn))
	return true
}

// step is SMP for one queue.
func (q queue) step(in input) (queue, output) {
	if !q.exists || q.gone {
		if in.kind == opNew && !q.exists {
			return queue{exists: true, turns: q.turns}, output{text: "IDS"}
		}
		return q, output{text: "AUTH"}
	}
	ok := output{text: "OK"}
	switch in.kind {
	case opKey, opSKey:
		if q.key != 0 && q.key != in.key {
			return q, output{text: "AUTH"}
		}
		q.key = in.key
	case opSend:
		if q.off || q.key != in.key {
			return q, output{text: "AUTH"}
		}
		if in.place > 0 && in.place != q.sent+1 || in.place == 0 && q.sent < in.received {
			return q, misplaced
		}
		q.sent++
		if in.place == 0 {
			in.message = "?" // one is like another when nobody has received them
		}
		q.messages += in.message + ","
		q.push()
	case opOff:
		q.off = true
	case opDel:
		q = queue{exists: true, gone: true, turns: q.turns}
	case opSub:
		return q.sub(in)
	case opGet:
		return q.get(in)
	case opAck:
		return q.ack(in)
	case opQue:
		return q, output{text: "INFO", size: strings.Count(q.messages, ","), secured: q.key != 0}
	}
	return q, ok
}

func (q queue) sub(in input) (queue, output) {
	if _, used := q.got(in.conn); used {
		return q, output{text: "CMD PROHIBITED"}
	}
	q.conn, q.delivered = in.conn, ""
	q.push()
	return q, output{text: "SOK"}
}

func (q queue) get(in input) (queue, output) {
	if q.conn == in.conn {
		return q, output{text: "CMD PROHIBITED"}
	}
	m := q.first()
	q.setGot(in.conn, m)
	return q, messageOrOK(m)
}

func (q queue) ack(in input) (queue, output) {
	has, get := q.got(in.conn)
	if q.conn == in.conn {
		has, get = q.delivered, false
	}
	if has == "" || has != in.message {
		return q, output{text: "NO_MSG"}
	}
	if q.first() == in.message {
		q.messages = q.messages[len(in.message)+1:]
	}
	if get {
		q.setGot(in.conn, "")
		return q, output{text: "OK"}
	}
	q.delivered = ""
	q.push()
	return q, messageOrOK(q.delivered)
}

func messageOrOK(m string) output {
	if m == "" {
		return output{text: "OK"}
	}
	return output{text: "MSG", message: m}
}

// saw tells whether an event can have come of this state.
func (q *queue) saw(in input) bool {
	switch in.kind {
	case eventMsg:
		return q.conn == in.conn && q.delivered == in.message
	case eventEnd:
		return q.conn != in.conn
	default:
		return q.gone
	}
}

// model is the queue for porcupine, with all states that it may be in.
var model = (&porcupine.NondeterministicModel{
	Init: func() []any { return []any{queue{}} },
	Step: func(state, in, out any) (next []any) {
		q, i := state.(queue), in.(input)
		if !q.takeTurn(i) {
			return nil
		}
		switch i.kind {
		case eventMsg, eventEnd, eventDeld:
			if q.saw(i) {
				next = append(next, q)
			}
			return next
		}
		if out == unknown {
			next = append(next, q) // it was never executed
		}
		if done, want := q.step(i); want != misplaced && (out == want || out == unknown && done != q) {
			next = append(next, done)
		}
		return next
	},
	DescribeOperation: func(in, out any) string {
		i, o := in.(input), out.(output)
		return strings.TrimSpace(fmt.Sprintf("%d: %s %s", i.conn, i.kind, i.message)) + strings.TrimSuffix(fmt.Sprintf(" → %s %s", o.text, o.message), " ")
	},
	DescribeState: func(state any) string { return fmt.Sprintf("%+v", state) },
}).ToModel()
