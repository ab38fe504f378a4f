package shard

import "sync"

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
