//go:build amd64 && !purego

package box

import "encoding/binary"

const (
	firstSize  = wideGroup // the most that firstMade returns
	salsaGroup = 512       // bytes that the kernel of AVX2 encrypts at once
	salsaShort = 64        // up to so many bytes it is slower than x/crypto
)

// firstMade is how many bytes of key stream are made at first for a box: as many
// as the fastest kernel makes at once.
func firstMade() int {
	if useWidest() {
		return wideGroup
	}
	return salsaGroup
}

func xorKeyStream(data []byte, counter *[16]byte, key *[32]byte) {
	number := binary.LittleEndian.Uint64(counter[8:])
	overflows := uint64(uint32(number))+uint64(len(data)+wideGroup)/64 > 1<<32
	if !useAVX2 || len(data) <= salsaShort || overflows {
		xorKeyStreamGeneric(data, counter, key)
		return
	}
	at := *counter
	if groups := len(data) / wideGroup; useAVX512 && groups > 0 {
		salsaXORWide(&data[0], groups, &at, key)
		data = data[groups*wideGroup:]
		number += uint64(groups * wideGroup / 64)
		binary.LittleEndian.PutUint64(at[8:], number)
	}
	if groups := len(data) / salsaGroup; groups > 0 && !useWidest() {
		salsaXOR(&data[0], groups, &at, key)
		data = data[groups*salsaGroup:]
		binary.LittleEndian.PutUint64(at[8:], number+uint64(groups*salsaGroup/64))
	}
	switch {
	case len(data) > salsaShort && useWidest():
		var last [wideGroup]byte
		copy(last[:], data)
		salsaXORWide(&last[0], 1, &at, key)
		copy(data, last[:])
	case len(data) > salsaShort:
		var last [salsaGroup]byte
		copy(last[:], data)
		salsaXOR(&last[0], 1, &at, key)
		copy(data, last[:])
	case len(data) > 0:
		xorKeyStreamGeneric(data, &at, key)
	}
}
