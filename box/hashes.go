package box

import "crypto/sha512"

// hashes computes the SHA-512 of the messages of a drain together. It refers to
// the messages until it is reset, and keeps its memory.
type hashes struct {
	messages []hashed
	heads    []byte // of all messages
	one      messageHash
	lanes    hashLanes
}

// hashed is a message in two parts: a short head, which is put together here,
// and what is signed of the command.
type hashed struct {
	head, headSize int // in heads
	body           []byte
	sum            [sha512.Size]byte
}

func (h *hashes) reset() {
	clear(h.messages)
	h.messages, h.heads = h.messages[:0], h.heads[:0]
}

// add adds the message of a and returns its index.
func (h *hashes) add(a *Authorized) int { return h.addTo(len(h.heads), a) }

// addSignature adds what an Ed25519 signature of the message by key is about
// (RFC 8032): the signature's first half, the key and the message.
func (h *hashes) addSignature(sig *[Ed25519SignatureSize]byte, key *[KeySize]byte, a *Authorized) int {
	at := len(h.heads)
	h.heads = append(h.heads, sig[:32]...)
	h.heads = append(h.heads, key[:]...)
	return h.addTo(at, a)
}

// addTo adds the message whose head begins at heads[at].
func (h *hashes) addTo(at int, a *Authorized) int {
	h.heads = append(h.heads, a.Prefix...)
	h.heads = append(h.heads, byte(len(a.SessionID)))
	h.heads = append(h.heads, a.SessionID...)
	h.messages = append(h.messages, hashed{head: at, headSize: len(h.heads) - at, body: a.Signed})
	return len(h.messages) - 1
}

// sum is the hash of message i, after run.
func (h *hashes) sum(i int) *[sha512.Size]byte { return &h.messages[i].sum }

func (h *hashes) headOf(m *hashed) []byte { return h.heads[m.head:][:m.headSize] }

// runOne hashes a message by itself.
func (h *hashes) runOne(m *hashed) {
	h.one.reset()
	h.one.h.Write(h.headOf(m))
	h.one.h.Write(m.body)
	h.one.h.Sum(m.sum[:0])
}
