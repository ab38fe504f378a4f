package box

// Block chain (SMP v11 and later): each direction of a connection has a chain
// key; each block advances it and takes a fresh key and nonce from it.
//
//	init  HKDF-SHA512(salt = session ID, secret, "SimpleXSbChainInit", 64) = router key ‖ client key
//	step  HKDF-SHA512(salt = "", chain key, "SimpleXSbChain", 88) = next chain key ‖ box key ‖ nonce

const (
	chainInitInfo = "SimpleXSbChainInit"
	chainStepInfo = "SimpleXSbChain"
)

// blockOverhead is what an encrypted block holds beside its content: the tag
// and the length prefix of the padding.
const blockOverhead = TagSize + 2

// Chain is the state of one direction of a connection with encrypted blocks:
// 32 bytes, so that an idle connection costs little. It belongs to whoever
// owns that direction and is not safe for concurrent use.
type Chain struct {
	key [KeySize]byte
}

// NewChains derives the chains of a connection from its session ID and the raw
// X25519 secret of the keys in the two hellos. The router seals with router
// and opens with client, the client the other way round.
func NewChains(sessionID []byte, secret *[KeySize]byte) (router, client Chain) {
	var okm [2 * KeySize]byte
	deriveChains(&okm, sessionID, secret)
	copy(router.key[:], okm[:32])
	copy(client.key[:], okm[32:])
	return router, client
}

// Next takes the box key (before Precompute) and the nonce of one block from
// the chain and advances it.
func (c *Chain) Next(key *[KeySize]byte, nonce *[NonceSize]byte) {
	var okm [2 * hashSize]byte
	chainStep(&okm, &c.key)
	copy(c.key[:], okm[:32])
	copy(key[:], okm[32:64])
	copy(nonce[:], okm[64:])
}

// Forget overwrites the key of a chain that has ended.
func (c *Chain) Forget() { c.key = [KeySize]byte{} }

func (c *Chain) next(subkey *[KeySize]byte, nonce *[NonceSize]byte) {
	c.Next(subkey, nonce)
	Precompute(subkey, subkey)
}

// SealBlock pads and encrypts in place a block whose content of n bytes stands
// at block[18:18+n]. It fails with ErrLargeMessage when the content does not
// fit (n > 16,366 in a block of 16,384 bytes); then neither block nor chain
// has changed, so that the peer stays in step.
func (c *Chain) SealBlock(block []byte, n int) error {
	if n > len(block)-blockOverhead {
		return ErrLargeMessage
	}
	if err := PadInPlace(block[TagSize:], n); err != nil {
		return err
	}
	var subkey [KeySize]byte
	var nonce [NonceSize]byte
	c.next(&subkey, &nonce)
	Seal(block, &nonce, &subkey)
	return nil
}

// OpenBlock decrypts a block in place and returns its content, a part of
// block. Only the content is decrypted; the filler stays as it came. The chain
// advances also when this fails, as it does in the reference: one bad block
// does not spoil the next one.
func (c *Chain) OpenBlock(block []byte) (content []byte, ok bool) {
	var subkey [KeySize]byte
	var nonce [NonceSize]byte
	c.next(&subkey, &nonce)
	return OpenUsed(block, &nonce, &subkey)
}
