package tls

import (
	"crypto/ecdh"
	"io"

	"github.com/cloudflare/circl/dh/x448"
)

// keyExchange is our half of an (EC)DHE exchange (RFC 8446 sections 4.2.8 and 7.4.2).
type keyExchange struct {
	group   Group
	private []byte
	public  []byte
}

func newKeyExchange(group Group, rand io.Reader) (*keyExchange, error) {
	switch group {
	case X25519:
		return newX25519(rand)
	case X448:
		return newX448(rand)
	}
	return nil, fatal(AlertInternalError, "group outside the profile")
}

func newX25519(rand io.Reader) (*keyExchange, error) {
	private := make([]byte, 32)
	if _, err := io.ReadFull(rand, private); err != nil {
		return nil, err
	}
	key, err := ecdh.X25519().NewPrivateKey(private)
	if err != nil {
		return nil, err
	}
	return &keyExchange{X25519, private, key.PublicKey().Bytes()}, nil
}

func newX448(rand io.Reader) (*keyExchange, error) {
	var private, public x448.Key
	if _, err := io.ReadFull(rand, private[:]); err != nil {
		return nil, err
	}
	x448.KeyGen(&public, &private)
	return &keyExchange{X448, private[:], public[:]}, nil
}

// shared is the secret agreed with the peer's key_exchange. Wrong length and points of small order are
// illegal_parameter (section 7.4.2).
func (k *keyExchange) shared(peer []byte) ([]byte, error) {
	if len(peer) != len(k.public) {
		return nil, fatal(AlertIllegalParameter, "key share has the wrong length")
	}
	if k.group == X448 {
		var shared, private, public x448.Key
		copy(private[:], k.private)
		copy(public[:], peer)
		if !x448.Shared(&shared, &private, &public) {
			return nil, fatal(AlertIllegalParameter, "key share is a point of small order")
		}
		return shared[:], nil
	}
	private, err := ecdh.X25519().NewPrivateKey(k.private)
	if err != nil {
		return nil, err
	}
	public, err := ecdh.X25519().NewPublicKey(peer)
	if err != nil {
		return nil, fatal(AlertIllegalParameter, "malformed key share")
	}
	shared, err := private.ECDH(public)
	if err != nil {
		return nil, fatal(AlertIllegalParameter, "key share is a point of small order")
	}
	return shared, nil
}
