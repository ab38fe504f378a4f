package history

import (
	"os"
	"slices"

	"github.com/anishathalye/porcupine"
)

// judge looks for an order of the operations.
func (h *history) judge() {
	deleted := make(map[int]bool)
	unanswered := 0
	for _, o := range h.operations {
		if o.Output == unknown {
			unanswered++
		}
		if in := o.Input.(input); in.kind == opDel {
			deleted[in.queue] = true
		}
	}
	h.operations = slices.DeleteFunc(h.operations, func(o porcupine.Operation) bool {
		in := o.Input.(input)
		// Of a queue that was received to its end, this message was not stored.
		return in.kind == opSend && o.Output == unknown && !deleted[in.queue] && h.place(&in) == 0
	})
	for i := range h.operations {
		o := &h.operations[i]
		in := o.Input.(input)
		if in.kind != opSend {
			continue
		}
		in.place, in.received = h.place(&in), len(h.order(in.queue))
		o.Input = in
		if in.place == 0 && !deleted[in.queue] && o.Output.(output).text == "OK" {
			h.t.Errorf("message %s of queue %d was taken, and is lost", in.message, in.queue)
		}
	}
	result, info := porcupine.CheckOperationsVerbose(model, h.operations, patience)
	h.t.Logf("%d operations on %d queues, %d of them without an answer: %s", len(h.operations), len(h.queues), unanswered, result)
	if result == porcupine.Ok {
		return
	}
	page, err := os.CreateTemp("", "history-*.html")
	check(h.t, err)
	defer page.Close()
	check(h.t, porcupine.Visualize(model, info, page))
	h.t.Errorf("no order explains this history: %s; see %s", result, page.Name())
}

// place is that of a message among those received of its queue, from 1 on; 0 when it was not received. A message is at the
// head of its queue, where alone it can be received, only when all before it were received and acknowledged.
func (h *history) place(in *input) int { return slices.Index(h.order(in.queue), in.message) + 1 }

// order is the messages received of a queue, as they came first.
func (h *history) order(queue int) []string { return h.queues[queue].order }
