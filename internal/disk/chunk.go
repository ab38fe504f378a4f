package disk

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// Logs and manifests of Pebble are blocks of 32 KiB, filled with chunks. A chunk does not cross a block's end; what is too
// small there for one is zero. There are three forms of a chunk (Pebble's package record), little-endian:
//
//	CRC u32 ‖ size u16 ‖ type u8 1 to 4                                                      ‖ payload   manifests
//	CRC u32 ‖ size u16 ‖ type u8 5 to 8  ‖ low half of the log's number u32                  ‖ payload   a store's first log
//	CRC u32 ‖ size u16 ‖ type u8 9 to 12 ‖ low half of the log's number u32 ‖ synced u64     ‖ payload   logs
//
// The CRC is over all that follows the size. A log that was ended has a chunk of the next log's number behind its last,
// whose CRC and size are 0.
const (
	chunkBlock     = 32 << 10
	chunkMinHeader = 7
	chunkMaxHeader = 19
)

// chunkHeaders are the sizes of the headers of the three forms.
var chunkHeaders = [...]int{chunkMinHeader, 11, chunkMaxHeader}

// errChunk says that a chunk does not check.
var errChunk = errors.New("a record does not check")

// check reads a file as far as it is synced. The error is errChunk with the offset of the first chunk that does not
// check, or that of reading.
func (t *tail) check(f io.Reader) (at uint64, err error) {
	block := make([]byte, chunkBlock)
	for start := uint64(0); start < t.synced; start += chunkBlock {
		n, err := io.ReadFull(f, block)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return start, err
		}
		used, ended, ok := t.checkBlock(block[:n], t.synced-start)
		switch {
		case !ok:
			return start + uint64(used), errChunk
		case ended:
			return 0, nil
		}
	}
	return 0, nil
}

// checkBlock checks the chunks of a block that begin before end. When it is not ok, at is the place of the chunk.
func (t *tail) checkBlock(b []byte, end uint64) (at int, ended, ok bool) {
	for uint64(at) < min(end, chunkBlock) {
		rest := b[at:]
		if chunkBlock-at < chunkMaxHeader && allZero(rest) && len(b) == chunkBlock {
			return at, false, true
		}
		if len(rest) < chunkMinHeader {
			return at, false, false
		}
		size, form := int(binary.LittleEndian.Uint16(rest[4:])), (int(rest[6])-1)/4
		if rest[6] == 0 || form >= len(chunkHeaders) || len(rest) < chunkHeaders[form]+size {
			return at, false, false
		}
		if form > 0 {
			switch binary.LittleEndian.Uint32(rest[7:]) {
			case uint32(t.number):
			case uint32(t.number) + 1:
				trailer := size == 0 && binary.LittleEndian.Uint32(rest) == 0 // else it is one of ours with a flipped bit
				return at, trailer, trailer
			default:
				return at, false, false
			}
		}
		size += chunkHeaders[form]
		if binary.LittleEndian.Uint32(rest) != checksum(rest[6:size]) {
			return at, false, false
		}
		at += size
	}
	return at, false, true
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is Pebble's: a CRC-32C, turned so that it may be part of what another one is taken of.
func checksum(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}
