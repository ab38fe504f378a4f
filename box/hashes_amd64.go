//go:build amd64 && !purego

package box

import (
	"cmp"
	"crypto/sha512"
	"encoding/binary"
	"slices"
)

// hashLanes is what hashing four messages side by side needs.
type hashLanes struct {
	order []*hashed
	lanes [4]hashLane
	state [8][4]uint64
}

// hashLane is a message on its way through the kernel: its parts are whole
// blocks of it.
type hashLane struct {
	message     *hashed
	parts       [3][]byte
	front, back [hashFront]byte
}

// hashFront is room for the longest head (signature, key, prefix, session ID
// and its length), what fills its last block, and padding.
const hashFront = 32 + 32 + 32 + 1 + 255 + 2*sha512.BlockSize + 32

// run hashes all messages.
func (h *hashes) run() {
	l := &h.lanes
	l.order = l.order[:0]
	for i := range h.messages {
		l.order = append(l.order, &h.messages[i])
	}
	if useAVX2 {
		slices.SortFunc(l.order, func(a, b *hashed) int { return cmp.Compare(b.blocks(), a.blocks()) })
	}
	for rest := l.order; len(rest) > 0; {
		n := 1
		if useAVX2 && together(rest) {
			n = min(len(rest), 4)
			h.runLanes(rest[:n])
		} else {
			h.runOne(rest[0])
		}
		rest = rest[n:]
	}
	clear(l.order)
}

// blocks is how many blocks of SHA-512 a message has, with its padding.
func (m *hashed) blocks() int {
	return (m.headSize + len(m.body) + 17 + sha512.BlockSize - 1) / sha512.BlockSize
}

// together tells whether the next up to four messages, the longest first, are
// quicker side by side: that takes as long as the longest, and a little more
// than twice as long for it as it would take alone.
func together(messages []*hashed) bool {
	sum := 0
	for _, m := range messages[:min(len(messages), 4)] {
		sum += m.blocks()
	}
	return 4*sum > 9*messages[0].blocks()
}

var sha512Start = [8]uint64{
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
}

// runLanes hashes three or four messages side by side.
func (h *hashes) runLanes(messages []*hashed) {
	s := &h.lanes
	for i, m := range messages {
		s.lanes[i].set(m, h.headOf(m))
	}
	for i, x := range sha512Start {
		s.state[i] = [4]uint64{x, x, x, x}
	}
	active := s.lanes[:len(messages)]
	for {
		n := 0
		var from *byte
		for i := range active {
			if part := active[i].part(); len(part) > 0 && (n == 0 || len(part) < n) {
				n, from = len(part), &part[0]
			}
		}
		if n == 0 {
			return
		}
		// Lanes that are done hash what another does, for nothing.
		at := [4]*byte{from, from, from, from}
		for i := range active {
			if part := active[i].part(); len(part) > 0 {
				at[i] = &part[0]
			}
		}
		sha512Blocks(&s.state, &at, n/sha512.BlockSize)
		for i := range active {
			if lane := &active[i]; lane.advance(n) {
				for w := range s.state {
					binary.BigEndian.PutUint64(lane.message.sum[8*w:], s.state[w][i])
				}
			}
		}
	}
}

// set divides a message into its parts: head and first bytes of the body, the
// whole blocks that follow, and the rest with the padding.
func (l *hashLane) set(m *hashed, head []byte) {
	body := m.body
	front := l.front[:copy(l.front[:], head)]
	if fill := -len(head) & (sha512.BlockSize - 1); fill <= len(body) {
		front = append(front, body[:fill]...)
		body = body[fill:]
		head = nil
	} else {
		front = front[:0]
	}
	whole := len(body) &^ (sha512.BlockSize - 1)
	back := append(l.back[:0], head...)
	back = append(back, body[whole:]...)
	back = append(back, 0x80)
	for len(back)%sha512.BlockSize != sha512.BlockSize-16 {
		back = append(back, 0)
	}
	back = binary.BigEndian.AppendUint64(append(back, 0, 0, 0, 0, 0, 0, 0, 0), uint64(m.headSize+len(m.body))*8)
	l.message = m
	l.parts = [3][]byte{front, body[:whole], back}
}

// part is what is left of the first part that is not done, nil in the end.
func (l *hashLane) part() []byte {
	for _, p := range l.parts {
		if len(p) > 0 {
			return p
		}
	}
	return nil
}

// advance takes n bytes off the message. It tells whether that ends it.
func (l *hashLane) advance(n int) bool {
	for i, p := range l.parts {
		if len(p) > 0 {
			l.parts[i] = p[n:]
			return l.part() == nil
		}
	}
	return false
}
