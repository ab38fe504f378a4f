//go:build !amd64 || purego

package box

// firstSize is how many bytes of key stream are made at first for a box: one
// block.
const firstSize = 64

func xorKeyStream(data []byte, counter *[16]byte, key *[32]byte) {
	xorKeyStreamGeneric(data, counter, key)
}

func polySum(tag *[TagSize]byte, data []byte, key *[32]byte) {
	polySumGeneric(tag, data, key)
}
