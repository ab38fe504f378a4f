package shard

import (
	"sync"
	"sync/atomic"

	"switchyard/smp"
)

// Buffer is a pooled, counted piece of memory large enough for a block. It carries the content of a received block
// from the loop to the shards, and the sealed body of a message from a shard to a loop.
type Buffer struct {
	Data []byte // what is used of the memory; len ≤ smp.BlockSize
	mem  [smp.BlockSize]byte
	refs atomic.Int32
}

var buffers = sync.Pool{New: func() any { return new(Buffer) }}

// NewBuffer takes a buffer from the pool, with one reference and Data of n bytes, whose content is undefined.
func NewBuffer(n int) *Buffer {
	b := buffers.Get().(*Buffer)
	b.Data = b.mem[:n]
	b.refs.Store(1)
	return b
}

// Retain adds a reference.
func (b *Buffer) Retain() { b.refs.Add(1) }

// Release drops a reference; the last one returns the buffer to the pool.
func (b *Buffer) Release() {
	switch n := b.refs.Add(-1); {
	case n == 0:
		b.Data = nil
		buffers.Put(b)
	case n < 0:
		panic("shard: buffer released twice")
	}
}
