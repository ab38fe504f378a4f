package history

import (
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
		byQueue[q] = append(byQueue[q], o)
	}
	h.t.Logf("%d operations on %d queues", len(h.operations), len(h.queues))
	var wg sync.WaitGroup
	for _, q := range h.queues {
		wg.Go(func() { q.judge(h, byQueue[q.number]) })
	}
	wg.Wait()
}

func (q *testQueue) judge(h *history, operations []porcupine.Operation) {
	operations = q.place(h, operations)
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
