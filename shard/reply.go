package shard

import (
	"bytes"
	"sync"
	"sync/atomic"

	"switchyard/smp"
)

// note is what has to be known of a reply when its commit fails.
type note struct {
	kind   replyKind
	header uint16 // bytes of the head before the response
}

// replyKind tells what becomes of a reply when its commit fails.
type replyKind uint8

const (
	replyResponse replyKind = iota // to a command: becomes ERR STORE
	replyMessage                   // pushed: is taken back and delivered again
	replyEnd                       // stays: the subscription has ended
	replyDeleted                   // becomes END: the subscription has ended, but the queue may still be there
)

// group is the group of the drain for a loop.
func (d *drain) group(l Loop) *Group {
	for _, g := range d.groups {
		if g.loop == l {
			return g
		}
	}
	g := newGroup()
	g.loop = l
	d.groups = append(d.groups, g)
	return g
}

// writer appends one reply to a group: begin, append the response to head, end.
type writer struct {
	group *Group
	head  []byte // the arena with the reply so far
	start int
	reply Reply
	note  note
}

// begin starts a reply with its header.
func (c *core) begin(client *Client, corrID, entityID []byte) writer {
	return c.beginAs(Reply{Client: client}, corrID, entityID)
}

func (c *core) beginAs(r Reply, corrID, entityID []byte) writer {
	g := c.out.group(r.Client.Loop)
	w := writer{group: g, start: len(g.arena), reply: r}
	w.head = smp.AppendResponseHeader(g.arena, r.version(), r.Client.SessionID, corrID, entityID)
	w.note.header = uint16(len(w.head) - w.start)
	return w
}

// end adds the reply to its group. A reply that does not fit the arena moves it; the heads before stay where they are.
func (w *writer) end() {
	g := w.group
	g.arena = w.head
	w.reply.Head = w.head[w.start:len(w.head):len(w.head)]
	g.Replies = append(g.Replies, w.reply)
	g.notes = append(g.notes, w.note)
}

// respond starts the response to a command.
func (c *core) respond(it *item) writer {
	return c.beginAs(Reply{Client: it.client, Answer: true, Forward: it.command.Forward}, it.command.CorrID, it.command.EntityID)
}

// answer responds with what does not depend on the version.
func (c *core) answer(it *item, appendResponse func([]byte) []byte) {
	w := c.respond(it)
	w.head = appendResponse(w.head)
	w.end()
}

// fail responds with an error.
func (c *core) fail(it *item, err smp.Error) {
	w := c.respond(it)
	w.head = smp.AppendErr(w.head, w.reply.version(), err)
	w.end()
}

// fail makes the replies of the group those of a failed commit: nothing is acknowledged or delivered that the store
// may not keep. A reply whose message was taken back still has its place in the window, for the loop to give back.
func (g *Group) fail() {
	for i := range g.Replies {
		r, n := &g.Replies[i], g.notes[i]
		if r.Body != nil {
			r.Body.Release()
			r.Body = nil
		}
		switch n.kind {
		case replyMessage:
			r.Head = nil
		case replyResponse:
			r.Head = smp.AppendErr(bytes.Clone(r.Head[:n.header]), r.version(), errStore)
		case replyDeleted:
			r.Head = smp.AppendEnd(bytes.Clone(r.Head[:n.header]))
		}
	}
}

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

// Group is what one drain replies to the connections of one loop, in order. The loop packs it into blocks and
// releases it.
type Group struct {
	Replies []Reply
	arena   []byte
	notes   []note // one for each reply, for the case that the commit fails
	loop    Loop
}

// arenaSize is what a group's arena starts with: the replies to a block of subscriptions.
const arenaSize = 16 << 10

var groups = sync.Pool{New: func() any { return &Group{arena: make([]byte, 0, arenaSize)} }}

func newGroup() *Group { return groups.Get().(*Group) }

// Size is how many bytes the replies take.
func (g *Group) Size() int {
	n := len(g.arena)
	for i := range g.Replies {
		if b := g.Replies[i].Body; b != nil {
			n += len(b.Data)
		}
	}
	return n
}

// Release returns the group and the bodies that it holds. A loop that has taken a body over sets it to nil first.
func (g *Group) Release() {
	for i := range g.Replies {
		if b := g.Replies[i].Body; b != nil {
			b.Release()
		}
		g.Replies[i] = Reply{}
	}
	g.Replies = g.Replies[:0]
	if cap(g.arena) > 16*arenaSize {
		g.arena = make([]byte, 0, arenaSize) // a storm's arena must not stay in the pool
	}
	g.arena = g.arena[:0]
	clear(g.notes)
	g.notes = g.notes[:0]
	g.loop = nil
	groups.Put(g)
}
