package history

import (
	"math/rand/v2"
	"sync"

	"switchyard/smp/client"
)

// What shards put off: commands of a connection that come in a large block, and those behind it. Nobody waits for an answer
// before the next command, and yet they have to be answered in their order, for each queue, and executed in that of the
// answers.

const (
	largeBlock  = 40 // commands
	behindBlock = 3  // commands that follow in blocks of their own
	// crowdReads is how many of the commands may bring a message: with a full window of the connection messages come later
	// than the model says.
	crowdReads = 8
)

// crowd gives a block, small or large, and single commands behind it, and waits for all answers.
func (h *history) crowd(c *conn, random *rand.Rand, cut bool) {
	size := 1 + random.IntN(4)
	if random.IntN(3) > 0 {
		size = 5 + random.IntN(largeBlock-4)
	}
	queue := h.recent(random)
	spread := random.IntN(2) == 0
	reads := 0
	subscribed := make(map[int]bool) // queues, in this block
	var waiting sync.WaitGroup
	next := func() (p *given, command client.Command, ok bool) {
		if spread {
			queue = h.recent(random)
		}
		in, command, ok := h.choose(c, queue, random)
		switch in.kind {
		case opAck, opSub, opGet:
			// The message that a SUB brings comes behind the answers to its block.
			if reads++; reads > crowdReads || in.kind == opAck && subscribed[in.queue] {
				in, command = input{queue: queue.number, kind: opQue}, queue.Que()
			}
			subscribed[in.queue] = subscribed[in.queue] || in.kind == opSub
		}
		if ok {
			waiting.Add(1)
		}
		given := c.prepare(in)
		return &given, command, ok
	}
	var block []*given
	var commands []client.Command
	for range size {
		if p, command, ok := next(); ok {
			block, commands = append(block, p), append(commands, command)
		}
	}
	if c.client.DoBatch(commands, func(i int, r client.Response) {
		c.answered(block[i], &r)
		waiting.Done()
	}) != nil {
		return // the connection has ended
	}
	clear(subscribed)
	for range random.IntN(behindBlock + 1) {
		p, command, ok := next()
		if ok && c.client.Do(command, func(r client.Response) {
			c.answered(p, &r)
			waiting.Done()
		}) != nil {
			waiting.Done()
			break
		}
	}
	if cut {
		c.client.Close()
	}
	waiting.Wait()
}
