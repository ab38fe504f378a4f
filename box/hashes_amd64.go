//go:build amd64 && !purego

package box

import (
	"cmp"
	"crypto/sha512"
	"encoding/binary"
	"slices"
)

// hashLanes is what hashing up to eight messages side by side needs.
type hashLanes struct {
	order []*hashed
	lanes [8]hashLane
	state [8][8]uint64
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
		n := sideBySide(rest)
		if n == 1 {
			h.runOne(rest[0])
		} else {
			h.runLanes(rest[:n])
		}
		rest = rest[n:]
	}
	clear(l.order)
}

// blocks is how many blocks of SHA-512 a message has, with its padding.
func (m *hashed) blocks() int {
	return (m.headSize + len(m.body) + 17 + sha512.BlockSize - 1) / sha512.BlockSize
}

// What a block takes in lanes, however many of them are filled, in eighths of the time it takes alone: on a processor of
// 2023 (Sapphire Rapids), where that is 251 ns, 528 in four lanes of AVX2, 278 in four of AVX-512, 409 in eight.
const (
	costAVX2  = 18
	costFour  = 9
	costEight = 13
)

// sideBySide tells how many of the messages, the longest first, to hash next: side by side they take as long as the
// longest.
func sideBySide(messages []*hashed) int {
	if !useAVX2 {
		return 1
	}
	longest, cost := messages[0].blocks(), costAVX2
	if useAVX512 {
		cost = costFour
		if fullWidth && len(messages) > 4 && costEight*longest < costFour*(longest+messages[4].blocks()) {
			return min(len(messages), 8)
		}
	}
	four := messages[:min(len(messages), 4)]
	alone := 0
	for _, m := range four {
		alone += m.blocks()
	}
	if 8*alone > cost*longest {
		return len(four)
	}
	return 1
}

var sha512Start = [8]uint64{
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
}

// runLanes hashes up to eight messages side by side.
func (h *hashes) runLanes(messages []*hashed) {
	s := &h.lanes
	for i, m := range messages {
		s.lanes[i].set(m, h.headOf(m))
		for w, x := range sha512Start {
			s.state[w][i] = x
		}
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
		// Lanes that are empty or done hash what another does, for nothing.
		at := [8]*byte{from, from, from, from, from, from, from, from}
		for i := range active {
			if part := active[i].part(); len(part) > 0 {
				at[i] = &part[0]
			}
		}
		sha512Lanes(len(messages), &s.state, &at, n/sha512.BlockSize)
		for i := range active {
			if lane := &active[i]; lane.advance(n) {
				for w := range s.state {
					binary.BigEndian.PutUint64(lane.message.sum[8*w:], s.state[w][i])
				}
			}
		}
	}
}

// sha512Lanes hashes blocks × 128 bytes of so many messages. What it does in the other lanes is of no use.
func sha512Lanes(lanes int, state *[8][8]uint64, messages *[8]*byte, blocks int) {
	switch {
	case lanes > 4:
		sha512Blocks8(state, messages, blocks)
	case useAVX512:
		sha512Blocks4(state, messages, blocks)
	default:
		sha512Blocks(state, messages, blocks)
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
