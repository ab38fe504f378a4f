package smp

import (
	"encoding/binary"
	"slices"
)

const (
	// BlockSize is the unit of the stream in bytes.
	BlockSize = 16384
	// MaxContent is the longest content of a block that is not encrypted: two bytes are its length.
	MaxContent = BlockSize - 2
	// MaxEncryptedContent is the longest content of an encrypted block: 16 more bytes are its tag.
	MaxEncryptedContent = MaxContent - 16
	// BatchLimit bounds the sum of 2 + length over the transmissions of a block, encrypted or not.
	BatchLimit = MaxEncryptedContent - 1
	// MaxBatch is the most transmissions in a block.
	MaxBatch = 255
)

// Batch iterates over the transmissions of a block. The zero value has none.
type Batch struct {
	n    int
	rest []byte
}

// ParseBatch checks the whole structure of a block's content: a count from 1 and exactly that many large strings. When
// it is not ok, the router answers one ErrBlock and looks at none of the transmissions.
func ParseBatch(content []byte) (Batch, bool) {
	if len(content) == 0 || content[0] == 0 {
		return Batch{}, false
	}
	batch := Batch{int(content[0]), content[1:]}
	rest, ok := batch.rest, false
	for range batch.n {
		if _, rest, ok = ParseLarge(rest); !ok {
			return Batch{}, false
		}
	}
	return batch, len(rest) == 0
}

// Len is the number of transmissions not yet taken.
func (b *Batch) Len() int { return b.n }

// Next takes the next transmission, which aliases the block; ok is false after the last.
func (b *Batch) Next() (t []byte, ok bool) {
	if b.n == 0 {
		return nil, false
	}
	t, b.rest, ok = ParseLarge(b.rest)
	b.n--
	return t, ok
}

// AppendBatch appends the content of a block with the transmissions ts, which must keep to BatchLimit and MaxBatch.
func AppendBatch(b []byte, ts ...[]byte) []byte { return AppendLargeList(b, ts) }

// Packer writes transmissions into one block after the other without copying them: Begin, append the transmission,
// End. The zero value is not usable; see Reset.
type Packer struct {
	buf   []byte
	start int // of the content: the count byte
}

// Reset begins a content at the end of buf.
func (p *Packer) Reset(buf []byte) { p.start, p.buf = len(buf), append(buf, 0) }

// Begin returns the buffer to which the caller appends the next transmission and which it gives to End.
func (p *Packer) Begin() []byte { return append(p.buf, 0, 0) }

// End takes the buffer of Begin with a transmission appended. When the block has no room for it, End returns false and
// the content is what it was before Begin; the bytes of the transmission are still in b, behind it.
func (p *Packer) End(b []byte) bool {
	at := len(p.buf)
	if len(b)-p.start-1 > BatchLimit || p.buf[p.start] == MaxBatch {
		return false
	}
	binary.BigEndian.PutUint16(b[at:], uint16(len(b)-at-2))
	b[p.start]++
	p.buf = b
	return true
}

// Len is the number of transmissions in the content.
func (p *Packer) Len() int { return int(p.buf[p.start]) }

// Bytes is the buffer given to Reset with the content appended. Without transmissions it is not a valid content.
func (p *Packer) Bytes() []byte { return p.buf }

// BatchSpan is a run [From, To) of transmissions that share a block, or one transmission that fits no block.
type BatchSpan struct {
	From, To int
	TooLarge bool
}

// AppendBatchSpans splits transmissions of the given sizes into blocks, in their order. Blocks are filled from the last
// transmission to the first, so that the partly filled block is the first: the reference's way, byte for byte.
func AppendBatchSpans(dst []BatchSpan, sizes []int) []BatchSpan {
	from := len(dst)
	end, sum := len(sizes), 0 // the open block has the transmissions [i+1, end)
	flush := func(start int) {
		if start < end {
			dst = append(dst, BatchSpan{From: start, To: end})
		}
		end, sum = start, 0
	}
	for i := len(sizes) - 1; i >= 0; i-- {
		n := 2 + sizes[i]
		if n > BatchLimit {
			flush(i + 1)
			dst = append(dst, BatchSpan{From: i, To: i + 1, TooLarge: true})
			end = i
			continue
		}
		if sum+n > BatchLimit || end-i > MaxBatch {
			flush(i + 1)
		}
		sum += n
	}
	flush(0)
	slices.Reverse(dst[from:])
	return dst
}
