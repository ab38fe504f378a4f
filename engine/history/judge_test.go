package history

import (
	"math"
	"os"
	"slices"
	"sync"

	"github.com/anishathalye/porcupine"
)

// judge looks for an order of the operations of each queue.
func (h *history) judge() {
	byQueue := make([][]porcupine.Operation, len(h.queues))
	for _, o := range h.operations {
		q := o.Input.(input).queue
		byQueue[q] = append(byQueue[q], h.bound(o))
	}
	h.t.Logf("%d operations on %d queues", len(h.operations), len(h.queues))
	var wg sync.WaitGroup
	for _, q := range h.queues {
		wg.Go(func() { q.judge(h, byQueue[q.number]) })
	}
	wg.Wait()
}

// bound has a command whose answer did not come end when the router was down next: by then it was executed, or it never
// is. It was called on a connection that was opened before, and no connection is opened while a router ends or begins, so
// it was sent to the router that has ended; that has answered all that it took, and the next one has never seen it. What a
// crash has undone of it nobody has seen either, and counts as never executed. Without this each such command might be
// anywhere up to the end, and porcupine would have to try.
func (h *history) bound(o porcupine.Operation) porcupine.Operation {
	if n, _ := slices.BinarySearch(h.downs, o.Call); o.Return == math.MaxInt64 && n < len(h.downs) {
		o.Return = h.downs[n]
	}
	return o
}

func (q *testQueue) judge(h *history, operations []porcupine.Operation) {
	operations = q.place(h, operations)
	takeTurns(operations)
	result := porcupine.CheckOperationsTimeout(model, operations, patience)
	if result == porcupine.Ok {
		return
	}
	_, info := porcupine.CheckOperationsVerbose(model, operations, patience/6) // for the longest orders that it finds
	page, err := os.CreateTemp("", "history-*.html")
	if err == nil {
		defer page.Close()
		err = porcupine.Visualize(model, info, page)
	}
	if err != nil {
		h.t.Error(err)
		return
	}
	h.t.Errorf("no order explains the %d operations of queue %d: %s; see %s", len(operations), q.number, result, page.Name())
}

// place says of each SEND what the end has shown: where its message stands among those that were received. A message is
// at the head of its queue, where alone it can be received, only when all before it were received and acknowledged. One
// that was never received, of a queue that was received to its end, was not stored.
func (q *testQueue) place(h *history, operations []porcupine.Operation) []porcupine.Operation {
	deleted := slices.ContainsFunc(operations, func(o porcupine.Operation) bool { return o.Input.(input).kind == opDel })
	var all []porcupine.Operation
	for _, o := range operations {
		in := o.Input.(input)
		if in.kind == opSend {
			in.place, in.received = 1+slices.IndexFunc(q.order, func(m first) bool { return m.text == in.message }), len(q.order)
			o.Input = in
			switch {
			case in.place > 0 && o.Output == unknown:
				o.Return = q.order[in.place-1].at
			case in.place > 0 || deleted:
			case o.Output == unknown:
				continue
			case o.Output.(output).text == "OK":
				h.t.Errorf("message %s of queue %d was taken, and is lost", in.message, in.queue)
			}
		}
		all = append(all, o)
	}
	return all
}

// takeTurns numbers the operations of each connection in the order in which it has received them. A message that the
// connection was pushed by its own SEND has come before the answer to that.
func takeTurns(operations []porcupine.Operation) {
	type own struct {
		conn    int
		message string
	}
	pushed := make(map[own]int) // when first
	for _, o := range operations {
		if in := o.Input.(input); in.kind == eventMsg && (pushed[own{in.conn, in.message}] == 0 || in.turn < pushed[own{in.conn, in.message}]) {
			pushed[own{in.conn, in.message}] = in.turn
		}
	}
	turn := func(o porcupine.Operation) int {
		in := o.Input.(input)
		if first := pushed[own{in.conn, in.message}]; in.kind == opSend && first > 0 {
			return min(2*in.turn, 2*first-1)
		}
		return 2 * in.turn
	}
	slices.SortFunc(operations, func(a, b porcupine.Operation) int { return turn(a) - turn(b) })
	turns := make(map[int]int) // by connection
	for i := range operations {
		in := operations[i].Input.(input)
		turns[in.conn]++
		in.turn = turns[in.conn]
		operations[i].Input = in
	}
}
