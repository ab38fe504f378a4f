package history

import (
	"fmt"
	"math/rand/v2"

	"switchyard/smp/client"
)

// recent is one of the last queues.
func (h *history) recent(random *rand.Rand) *testQueue {
	h.mu.Lock()
	n := len(h.queues)
	h.mu.Unlock()
	return h.queue(n - 1 - random.IntN(min(3, n)))
}

// choose makes a command. There may be nothing to acknowledge.
func (h *history) choose(c *conn, q *testQueue, random *rand.Rand) (in input, command client.Command, ok bool) {
	in.queue = q.number
	switch r := random.IntN(98); {
	case r < 35:
		in, command = h.send(q, random)
	case r < 68:
		return h.ack(c, q, random)
	case r < 77:
		in.kind, command = opSub, q.Sub()
	case r < 85:
		in.kind, command = opGet, q.Get()
	case r < 91:
		in.kind, command = opQue, q.Que()
	case r < 95:
		in, command = h.secure(q, random)
	case r < 96 && random.IntN(2) == 0:
		in.kind, command = opOff, q.Off()
	case r < 97 && random.IntN(2) == 0:
		in.kind, command = opDel, q.Del()
	default:
		in.kind, in.message = opAck, "none"
		command = q.Ack([]byte("none"))
	}
	return in, command, true
}

func (h *history) send(q *testQueue, random *rand.Rand) (input, client.Command) {
	h.mu.Lock()
	h.messages++
	in := input{queue: q.number, kind: opSend, key: q.key, message: fmt.Sprint("m", h.messages)}
	h.mu.Unlock()
	if random.IntN(20) == 0 {
		in.key = random.IntN(3)
	}
	var key *client.Key
	if in.key > 0 {
		key = q.keys[in.key-1]
	}
	return in, q.Sender(key).Send(false, []byte(in.message))
}

// secure makes KEY or SKEY.
func (h *history) secure(q *testQueue, random *rand.Rand) (input, client.Command) {
	in := input{queue: q.number, kind: opKey, key: 1 + random.IntN(2)}
	key := q.keys[in.key-1]
	if random.IntN(2) == 0 {
		in.kind = opSKey
		return in, q.Sender(key).Secure()
	}
	return in, q.Secure(key.SPKI())
}

// ack acknowledges what the connection has received last, or something else that was received.
func (h *history) ack(c *conn, q *testQueue, random *rand.Rand) (in input, command client.Command, ok bool) {
	m, ok := c.latest(q.number)
	if !ok || random.IntN(15) == 0 {
		h.mu.Lock()
		if len(q.seen) > 0 {
			m, ok = q.seen[random.IntN(len(q.seen))], true
		}
		h.mu.Unlock()
	}
	return input{queue: q.number, kind: opAck, message: m.text}, q.Ack(m.id), ok
}
