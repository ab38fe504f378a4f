package client

import (
	"encoding/binary"
	"sync"

	"switchyard/smp"
	"switchyard/tls"
)

// bufferSize holds the largest record, or a block with room for the record around it; it is one of the allocator's
// sizes.
const bufferSize = 18432

// A block to be sent lies in its buffer where the record around it can be made in place:
//
//	plain      record header 5 ‖ length 2 ‖ content … filler ‖ room 17
//	encrypted  record header 5 ‖ tag 16 ‖ length 2 ‖ content … filler ‖ room 17
//	content    count 1 ‖ count × (length 2 ‖ transmission)
const (
	blockStart     = tls.RecordHeader
	blockEnd       = blockStart + smp.BlockSize
	plainStart     = blockStart + 2
	encryptedStart = blockStart + 18
)

// buffer is a block on its way, borrowed from a pool. One owner at a time: the caller of Do, the outbox, the writer;
// or the stream that reads.
type buffer struct {
	data     [bufferSize]byte
	n        int  // bytes of content, when it is to be sent
	open     bool // further transmissions may share the block
	borrowed bool

	// Of an open block, the queues that its commands are for.
	queues [smp.MaxBatch]queueMark
	marked int
}

// queueMark is the beginning of an entity ID; 0 for none.
type queueMark uint32

// mark notes which queue the only command of an open block is for.
func (b *buffer) mark(entity []byte) {
	if b.marked = 0; len(entity) >= 4 {
		b.queues[0], b.marked = queueMark(binary.BigEndian.Uint32(entity)), 1
	}
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

func borrow() *buffer {
	b := buffers.Get().(*buffer)
	b.n, b.marked, b.open, b.borrowed = 0, 0, false, true
	return b
}

// release gives the buffer back; the caller must have no slice of it left.
func (b *buffer) release() {
	if !b.borrowed {
		panic("client: buffer released twice")
	}
	b.borrowed = false
	buffers.Put(b)
}
