//go:build amd64 && !purego

package box

import "encoding/binary"

const (
	// firstSize is how many bytes of key stream are made at first for a box:
	// as many as the kernel makes at once.
	firstSize = salsaGroup

	salsaGroup = 512 // bytes that the kernel encrypts at once
	salsaShort = 64  // up to so many bytes it is slower than x/crypto
)

func xorKeyStream(data []byte, counter *[16]byte, key *[32]byte) {
	number := binary.LittleEndian.Uint64(counter[8:])
	overflows := uint64(uint32(number))+uint64(len(data)+salsaGroup)/64 > 1<<32
	if !useAVX2 || len(data) <= salsaShort || overflows {
		xorKeyStreamGeneric(data, counter, key)
		return
	}
	groups := len(data) / salsaGroup
	if groups > 0 {
		salsaXOR(&data[0], groups, counter, key)
	}
	rest := data[groups*salsaGroup:]
	if len(rest) == 0 {
		return
	}
	at := *counter
	binary.LittleEndian.PutUint64(at[8:], number+uint64(groups*salsaGroup/64))
	if len(rest) <= salsaShort {
		xorKeyStreamGeneric(rest, &at, key)
		return
	}
	var last [salsaGroup]byte
	copy(last[:], rest)
	salsaXOR(&last[0], 1, &at, key)
	copy(rest, last[:])
}
