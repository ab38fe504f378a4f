//go:build amd64 && !purego

package box

const (
	polyPair  = 128 // bytes that the kernel takes in a step
	polyShort = 512 // with less bytes it is slower than x/crypto
)

func polySum(tag *[TagSize]byte, data []byte, key *[32]byte) {
	if !useAVX2 || len(data) < polyShort {
		polySumGeneric(tag, data, key)
		return
	}
	var p poly
	p.init(key)
	powers := p.powers()
	pairs := len(data) / polyPair
	var limbs [5]uint64
	poly1305Sum(&limbs, &data[0], pairs, &powers)
	p.setLimbs(&limbs)
	p.update(data[pairs*polyPair:])
	p.sum(tag)
}
