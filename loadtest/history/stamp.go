package history

import (
	"encoding/binary"
	"hash/crc32"
)

// StampSize is the size of a stamp in bytes and so the least size of a message body.
//
//	"SYLT" | run 8 | queue 4 | position 4 | message 4 | size 4 | CRC-32C of everything else 4 | filler
const StampSize = 32

const (
	stampMagic = "SYLT"
	crcOffset  = StampSize - 4
)

// Stamp says which message of which run a body is.
type Stamp struct {
	Run      uint64 // the run that sent it
	Queue    uint32 // number of the queue within the run
	Position uint32 // place among all attempts to send to this queue, from 0
	Message  uint32 // the message that this attempt carries; several attempts may carry one message
}

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	filler     = makeFiller()
)

// makeFiller returns bytes that do not compress; they are the same in every run.
func makeFiller() []byte {
	b := make([]byte, 64<<10)
	x := uint64(0x9e3779b97f4a7c15)
	for i := 0; i < len(b); i += 8 {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		binary.LittleEndian.PutUint64(b[i:], x)
	}
	return b
}

// Append adds a body of size bytes that carries the stamp to b. The size is at least StampSize and at most what a
// SEND may hold.
func (s Stamp) Append(b []byte, size int) []byte {
	start := len(b)
	b = append(b, stampMagic...)
	b = binary.BigEndian.AppendUint64(b, s.Run)
	b = binary.BigEndian.AppendUint32(b, s.Queue)
	b = binary.BigEndian.AppendUint32(b, s.Position)
	b = binary.BigEndian.AppendUint32(b, s.Message)
	b = binary.BigEndian.AppendUint32(b, uint32(size))
	b = append(b, 0, 0, 0, 0)
	from := int(s.Position*131+s.Queue*17) % (len(filler) / 2)
	b = append(b, filler[from:from+size-StampSize]...)
	binary.BigEndian.PutUint32(b[start+crcOffset:], checksum(b[start:]))
	return b
}

// ParseStamp reads the stamp of a body; false means that the body is not what Append made.
func ParseStamp(body []byte) (Stamp, bool) {
	if len(body) < StampSize || string(body[:4]) != stampMagic ||
		binary.BigEndian.Uint32(body[24:]) != uint32(len(body)) ||
		binary.BigEndian.Uint32(body[crcOffset:]) != checksum(body) {
		return Stamp{}, false
	}
	return Stamp{
		Run:      binary.BigEndian.Uint64(body[4:]),
		Queue:    binary.BigEndian.Uint32(body[12:]),
		Position: binary.BigEndian.Uint32(body[16:]),
		Message:  binary.BigEndian.Uint32(body[20:]),
	}, true
}

func checksum(body []byte) uint32 {
	return crc32.Update(crc32.Checksum(body[:crcOffset], castagnoli), castagnoli, body[StampSize:])
}
