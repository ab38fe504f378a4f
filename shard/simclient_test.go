//go:build simulate

package shard

import (
	"bytes"
	"maps"
	"slices"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/tls"
)

// simEnd is the client's end of a connection. It belongs to the driver.
type simEnd struct {
	w       *simulation
	client  *client
	socket  *simSocket
	tls     tls.Conn
	stalled bool            // reads nothing
	left    bool            // is closed, by whom it may be
	record  []byte          // that is half read
	asked   map[string]bool // commands without an answer, by correlation ID

	// What the shards have replied and has not been read, by waiter: each one's in their order. The simulation's mu guards it.
	expected map[string][][]byte
}

// open tells that commands can be given.
func (e *simEnd) open() bool {
	e.w.mu.Lock()
	defer e.w.mu.Unlock()
	return e.client.shard != nil && !e.left
}

// send gives the commands of a block.
func (e *simEnd) send(cmds []command) {
	var transmissions [][]byte
	for i := range cmds {
		transmissions = append(transmissions, e.client.transmission(&cmds[i]))
		e.asked[string(cmds[i].corr)] = true
	}
	block, err := box.Pad(nil, smp.AppendBatch(nil, transmissions...), smp.BlockSize)
	if err != nil {
		e.w.t.Fatalf("a block of %d commands: %v", len(cmds), err)
	}
	e.socket.kernel(func() { e.socket.arrived = e.tls.Seal(e.socket.arrived, block) })
}

// unread is what the socket has for the client, and whether the router has closed it.
func (e *simEnd) unread() (n int, closed bool) {
	e.socket.look(func() { n, closed = len(e.socket.left), e.socket.closed })
	return n, closed
}

// read takes bytes from the socket, and what they complete.
func (e *simEnd) read(most int) {
	e.socket.kernel(func() {
		n := min(most, len(e.socket.left))
		e.record = append(e.record, e.socket.left[:n]...)
		e.socket.left = slices.Clone(e.socket.left[n:])
	})
	for !e.left {
		n, whole, err := tls.RecordLen(e.record)
		if err != nil {
			e.w.t.Fatalf("client %d: %v", e.w.number(e.client), err)
		}
		if !whole {
			break
		}
		plain, err := e.tls.Open(nil, e.record[:n])
		e.record = slices.Clone(e.record[n:])
		if e.left = err != nil; len(plain) > 0 { // close_notify
			e.block(plain)
		}
	}
	if n, closed := e.unread(); closed && n == 0 {
		e.left = true
	}
}

func (e *simEnd) block(block []byte) {
	content, err := box.Unpad(block)
	if err != nil {
		e.w.t.Fatalf("a block of the router: %v", err)
	}
	batch, ok := smp.ParseBatch(content)
	if !ok {
		e.w.t.Fatalf("a block of the router does not parse")
	}
	for t, ok := batch.Next(); ok; t, ok = batch.Next() {
		e.reply(t)
	}
}

// reply takes a reply, which has to be the next one of a shard, or an answer of the loop's own.
func (e *simEnd) reply(raw []byte) {
	m := received{raw: raw, answer: true}
	e.client.parse(&m)
	if m.corr != "" {
		if !e.asked[m.corr] {
			e.w.t.Fatalf("client %d gets %s to a command that it has not given, or twice", e.w.number(e.client), m.text())
		}
		delete(e.asked, m.corr)
	}
	if !e.take(raw) && !(m.corr != "" && e.w.loopAnswers(&m)) {
		e.w.t.Fatalf("client %d gets %s, which no shard has replied, or not in this order", e.w.number(e.client), m.text())
	}
}

// take takes a reply of a shard; false when it is the next one of none.
func (e *simEnd) take(raw []byte) bool {
	e.w.mu.Lock()
	defer e.w.mu.Unlock()
	for _, waiter := range slices.Sorted(maps.Keys(e.expected)) {
		all := e.expected[waiter]
		at := slices.IndexFunc(all, func(r []byte) bool { return bytes.Equal(r, raw) })
		if at == 0 || at > 0 && e.w.sim == nil { // loose waiters have no names
			e.expected[waiter] = slices.Delete(all, at, at+1)
			return true
		}
	}
	return false
}

// missing is how many replies of shards have not come.
func (e *simEnd) missing() (n int) {
	e.w.mu.Lock()
	defer e.w.mu.Unlock()
	for _, all := range e.expected {
		n += len(all)
	}
	return n
}

// close ends the connection. What the client has not read resets it, and what comes later does.
func (e *simEnd) close(reset bool) {
	e.socket.kernel(func() {
		e.socket.eof = true
		e.socket.reset = reset || len(e.socket.left) > 0
	})
	e.left = true
}
