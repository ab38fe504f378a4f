package disk

import (
	"encoding/binary"
	"slices"
	"testing"
)

// A chunk whose log's number has a flipped bit is damage, and not the end of the log, also when it is the next log's number
// that it has now.
func TestFlippedLogNumber(t *testing.T) {
	const number = 16
	chunk := func(payload string) []byte {
		b := make([]byte, 4, chunkMaxHeader+len(payload))
		b = binary.LittleEndian.AppendUint16(b, uint16(len(payload)))
		b = append(b, 9)
		b = binary.LittleEndian.AppendUint32(b, number)
		b = binary.LittleEndian.AppendUint64(b, 0)
		b = append(b, payload...)
		binary.LittleEndian.PutUint32(b, checksum(b[6:]))
		return b
	}
	first, second := chunk("one"), chunk("another")
	whole := slices.Concat(first, second)
	log := &tail{kind: logTail, number: number}
	if at, ended, ok := log.checkBlock(whole, uint64(len(whole))); at != len(whole) || ended || !ok {
		t.Fatal("a whole log: ", at, ended, ok)
	}
	for bit := range 32 {
		damaged := slices.Clone(whole)
		damaged[len(first)+7+bit/8] ^= 1 << (bit % 8)
		if at, ended, ok := log.checkBlock(damaged, uint64(len(whole))); at != len(first) || ended || ok {
			t.Errorf("bit %d flipped: %d, ended %v, ok %v", bit, at, ended, ok)
		}
	}
	end := make([]byte, 11) // as Pebble writes it
	end[6] = 5
	binary.LittleEndian.PutUint32(end[7:], number+1)
	ending := slices.Concat(first, end)
	if _, ended, ok := log.checkBlock(ending, uint64(len(ending))); !ended || !ok {
		t.Error("the end of a log: ", ended, ok)
	}
}
