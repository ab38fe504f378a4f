package agent

import "switchyard/box"

// Key authorizes the commands of a party to a queue. It may be used by several clients at a time.
type Key struct {
	private *box.PrivateKey
}

// NewKey makes a key: Ed25519, Ed448 or X25519.
func NewKey(alg box.Alg) (*Key, error) { panic("agent: being built") }

// ParseKey reads a key from PKCS#8 DER.
func ParseKey(pkcs8 []byte) (*Key, error) { panic("agent: being built") }

// PKCS8 is the private key's DER.
func (k *Key) PKCS8() []byte { panic("agent: being built") }

// SPKI is the public key's DER, as it stands in commands.
func (k *Key) SPKI() []byte { panic("agent: being built") }

// Alg is the key's algorithm.
func (k *Key) Alg() box.Alg { panic("agent: being built") }

// MarshalText gives the PKCS#8 DER in base64url.
func (k *Key) MarshalText() ([]byte, error) { panic("agent: being built") }

// UnmarshalText reads what MarshalText gives.
func (k *Key) UnmarshalText(text []byte) error { panic("agent: being built") }
