package shard

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"switchyard/smp"
)

// TestHistory has random operations of the store fail while messages are sent and received, and the router restarted.
// Whatever happens, each message that was answered OK arrives, in order, and once when copies with the same ID are
// dropped; a message that was answered with an error may arrive.
func TestHistory(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			cfg := testConfig()
			cfg.QueueCache, cfg.Quota = 4, 16
			h := &history{t: t, Rand: rand.New(rand.NewPCG(seed, 1)), router: newRouterOn(t, cfg, newFakeStore(), seed)}
			h.router.store.setFail(false) // from now on, what is lost can be lost
			h.connect()
			for range 6 {
				h.queues = append(h.queues, &historyQueue{
					testQueue: h.recipient.newQueue(queueOptions{mode: smp.ModeMessaging}), seen: make(map[string]bool)})
			}
			for range 1200 {
				h.step()
			}
			h.finish()
		})
	}
}

type history struct {
	*rand.Rand
	t                 *testing.T
	router            *router
	recipient, sender *client
	queues            []*historyQueue
	failing           string
}

type historyQueue struct {
	*testQueue
	sent     int
	accepted []int           // numbers of the messages that were answered OK
	received []int           // numbers of the messages that came, copies left out
	seen     map[string]bool // their IDs
}

func (h *history) connect() { h.recipient, h.sender = h.router.connect(), h.router.connect() }

func (h *history) step() {
	q := h.queues[h.IntN(len(h.queues))]
	switch n := h.IntN(100); {
	case n < 8:
		h.fail([]string{"commit", "wait", "load", "body", "header"}[h.IntN(5)])
	case n < 9:
		h.repair()
		h.router.restart()
		h.connect()
	case n < 12:
		h.recipient.close()
		h.recipient = h.router.connect()
	case n < 25:
		h.recipient.sub(q.testQueue)
	case n < 35:
		h.receive()
	default:
		q.sent++
		if m := h.sender.sendTo(q.testQueue, strconv.Itoa(q.sent)); m.tag == smp.RespOK {
			q.accepted = append(q.accepted, q.sent)
		}
	}
}

// fail makes an operation of the store fail for some steps.
func (h *history) fail(operation string) {
	h.repair()
	h.failing = operation
	h.router.store.setFail(true, operation)
}

func (h *history) repair() {
	if h.failing != "" {
		h.router.sync() // the shards have noticed
		h.router.store.setFail(false, h.failing)
		h.failing = ""
	}
}

// receive takes what has come and acknowledges it.
func (h *history) receive() (n int) {
	for _, m := range h.recipient.pending() {
		for m.tag == smp.RespMsg {
			n++
			m = h.message(&m)
		}
	}
	return n
}

// message takes a message and answers with its ACK.
func (h *history) message(m *received) received {
	for _, q := range h.queues {
		if m.entity != string(q.recipient) {
			continue
		}
		msg := m.msg(h.t)
		body := q.open(h.t, msg)
		if number, err := strconv.Atoi(string(body.Body)); err == nil && !body.Quota && !q.seen[string(msg.ID)] {
			q.received = append(q.received, number)
		}
		q.seen[string(msg.ID)] = true
		return h.recipient.ack(q.testQueue, msg.ID)
	}
	h.t.Fatal("message of no queue")
	return received{}
}

// finish receives all that is left and compares.
func (h *history) finish() {
	h.repair()
	h.router.restart()
	h.connect()
	for _, q := range h.queues {
		want(h.t, h.recipient.sub(q.testQueue), "SOK")
	}
	for h.receive() > 0 {
	}
	for i, q := range h.queues {
		if err := q.check(); err != nil {
			h.t.Errorf("queue %d: %v", i, err)
		}
		if len(q.accepted) < 10 {
			h.t.Errorf("queue %d took only %d messages", i, len(q.accepted))
		}
	}
}

func (q *historyQueue) check() error {
	rest := q.received
	last := 0
	for _, n := range rest {
		if n <= last {
			return fmt.Errorf("message %d came after %d", n, last)
		}
		last = n
	}
	for _, n := range q.accepted {
		for len(rest) > 0 && rest[0] < n {
			rest = rest[1:]
		}
		if len(rest) == 0 || rest[0] != n {
			return fmt.Errorf("message %d of %d is lost", n, q.sent)
		}
	}
	return nil
}
