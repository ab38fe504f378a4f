package tls

import (
	"errors"
	"io"

	"github.com/cloudflare/circl/dh/x448"

	"switchyard/box"
)

// keyExchange is our half of an (EC)DHE exchange (RFC 8446 sections 4.2.8 and 7.4.2).
type keyExchange struct {
	group  Group
	public []byte
	x25519 [box.KeySize]byte // of X25519
	x448   x448.Key          // of X448
}

func newKeyExchange(group Group, rand io.Reader) (*keyExchange, error) {
	switch group {
	case X25519:
		return newX25519(rand)
	case X448:
		return newX448(rand)
	}
	return nil, errors.New("tls: group outside the profile")
}

func newX25519(rand io.Reader) (*keyExchange, error) {
	k := &keyExchange{group: X25519}
	var public [box.KeySize]byte
	if err := box.GenerateX25519(rand, &k.x25519, &public); err != nil {
		return nil, err
	}
	k.public = public[:]
	return k, nil
}

func newX448(rand io.Reader) (*keyExchange, error) {
	k := &keyExchange{group: X448}
	if _, err := io.ReadFull(rand, k.x448[:]); err != nil {
		return nil, err
	}
	var public x448.Key
	x448.KeyGen(&public, &k.x448)
	k.public = public[:]
	return k, nil
}

// shared is the secret agreed with the peer's key_exchange. Wrong length and points of small order are
// illegal_parameter (section 7.4.2).
func (k *keyExchange) shared(peer []byte) ([]byte, error) {
	if len(peer) != len(k.public) {
		return nil, fatal(AlertIllegalParameter, "key share has the wrong length")
	}
	if k.group == X448 {
		var shared, public x448.Key
		copy(public[:], peer)
		if !x448.Shared(&shared, &k.x448, &public) {
			return nil, errSmallOrder
		}
		return shared[:], nil
	}
	var shared, public [box.KeySize]byte
	copy(public[:], peer)
	if box.DH(&shared, &k.x25519, &public) != nil {
		return nil, errSmallOrder
	}
	return shared[:], nil
}

var errSmallOrder = fatal(AlertIllegalParameter, "key share is a point of small order")
