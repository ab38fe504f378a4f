package box

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha3"
)

// SenderIDFromCorrID returns the sender ID of a queue that is created with
// link data: the first 24 bytes of SHA3-384 of the correlation ID of NEW.
func SenderIDFromCorrID(corrID []byte) (id [24]byte) {
	h := sha3.Sum384(corrID)
	copy(id[:], h[:])
	return id
}

// IDsHash is the hash of a set of queue IDs that service subscriptions
// compare: XOR of the MD5 of each. The zero value is the empty set. MD5 is
// what the protocol has; nothing depends on its strength.
type IDsHash [md5.Size]byte

// Toggle adds an ID to the set, or removes it when it is in there.
func (h *IDsHash) Toggle(id []byte) {
	s := md5.Sum(id)
	for i, b := range s {
		h[i] ^= b
	}
}

// Fingerprint returns the SHA-256 of a certificate's DER. That of the identity
// certificate is the key hash in a router's address.
func Fingerprint(der []byte) [32]byte {
	return sha256.Sum256(der)
}
