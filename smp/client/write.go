package client

import (
	"slices"

	"switchyard/box"
	"switchyard/smp"
)

// outbox is the queue of blocks to be written. The last may still take transmissions. It is guarded by Client.mu.
type outbox struct {
	blocks  []*buffer
	head    int  // blocks[:head] are written
	writing bool // the writer runs
}

// push adds a block. The list grows only when the blocks that wait fill more than half of it.
func (o *outbox) push(b *buffer) {
	if n := len(o.blocks) - o.head; len(o.blocks) == cap(o.blocks) && n <= o.head {
		copy(o.blocks, o.blocks[o.head:])
		clear(o.blocks[n:])
		o.blocks, o.head = o.blocks[:n], 0
	}
	o.blocks = append(o.blocks, b)
}

// outboxKeep is how many blocks the list of an idle client has room for.
const outboxKeep = 16

// pop takes the first block, nil when there is none.
func (o *outbox) pop() *buffer {
	if o.head == len(o.blocks) {
		if cap(o.blocks) > outboxKeep {
			o.blocks = nil
		}
		o.blocks, o.head = o.blocks[:0], 0
		return nil
	}
	b := o.blocks[o.head]
	o.blocks[o.head] = nil
	o.head++
	return b
}

// join adds the only transmission of b to the last block when it is open and has room, and no other for the same queue:
// routers of the reference execute the commands of a block from the last to the first.
func (o *outbox) join(b *buffer, start int) bool {
	if !b.open || o.head == len(o.blocks) {
		return false
	}
	last := o.blocks[len(o.blocks)-1]
	count := &last.data[start]
	added := b.n - 1
	if !last.open || *count == smp.MaxBatch || last.n-1+added > smp.BatchLimit {
		return false
	}
	if b.marked > 0 && slices.Contains(last.queues[:last.marked], b.queues[0]) {
		return false
	}
	last.marked += copy(last.queues[last.marked:], b.queues[:b.marked])
	copy(last.data[start+last.n:], b.data[start+1:start+b.n])
	last.n += added
	*count++
	return true
}

// enqueue queues b, whose content is complete, and sees to it that the writer runs. mu is held; b is the outbox's now.
func (c *Client) enqueue(b *buffer) {
	if c.outbox.join(b, c.contentStart()) {
		b.release()
	} else {
		c.outbox.push(b)
	}
	if !c.outbox.writing {
		c.outbox.writing = true
		c.running.Add(1)
		go c.write()
	}
}

// contentStart is where the content of a block lies in its buffer.
func (c *Client) contentStart() int {
	if c.encrypted {
		return encryptedStart
	}
	return plainStart
}

// writeBlocks is the writer: it runs while there are blocks.
func (c *Client) writeBlocks() {
	defer c.running.Done()
	for {
		c.mu.Lock()
		b := c.outbox.pop()
		if b == nil {
			c.outbox.writing = false
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		if c.failed.Load() == nil {
			if err := c.writeBlock(b); err != nil {
				c.fail(disconnected(err))
			}
		}
		b.release()
	}
}

func (c *Client) writeBlock(b *buffer) error {
	block := b.data[blockStart:blockEnd]
	var err error
	if c.encrypted {
		err = c.agreement.send.SealBlock(block, b.n)
	} else {
		err = box.PadInPlace(block, b.n)
	}
	if err != nil {
		panic("client: block overfull: " + err.Error()) // encode has checked the size
	}
	return c.stream.writeBlock(b)
}
