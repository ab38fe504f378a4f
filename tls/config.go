package tls

import (
	"crypto/rand"
	"io"
	"slices"
	"time"
)

// Config is what the connections of one listener or one client share. It must not change while a Conn uses it.
type Config struct {
	// Certificates of a server, of which the first that the client can verify is used; of a client, what it may answer
	// a CertificateRequest with. A client without any sends the empty Certificate.
	Certificates []*KeyPair

	// CipherSuites and Groups are offered and chosen in this order. Empty means all, ChaCha20-Poly1305 and X448 first.
	// A client sends one key share, for the first group.
	CipherSuites []CipherSuite
	Groups       []Group

	// ALPN is the list of protocols, in a server in its order of preference. A server with a list refuses a client that
	// offers ALPN without a match (no_application_protocol), and accepts one that does not offer ALPN at all.
	ALPN []string

	// ServerName is sent by a client in server_name, unless empty.
	ServerName string

	// RequestClientCert makes a server ask for a client certificate; an empty answer is accepted.
	RequestClientCert bool

	// VerifyPeer judges the peer's chain (DER, leaf first, never empty), before the peer has proved that it holds the
	// leaf's key. An *Error chooses the alert, the errors of VerifyChain have theirs, any other is certificate_unknown.
	// A client without it accepts nobody; a server without it uses VerifyClientChain.
	VerifyPeer func(chain [][]byte) error

	// OnClientHello lets a server look at a well-formed ClientHello before it is judged. If it returns an error, Advance
	// returns that error, and sends an alert only if it is an *Error: nothing has been sent yet, so the caller may
	// give the connection to another TLS implementation. Not called again after a HelloRetryRequest.
	OnClientHello func(*ClientHelloInfo) error

	Rand io.Reader        // nil: crypto/rand
	Now  func() time.Time // nil: time.Now
}

// ClientHelloInfo is a ClientHello as OnClientHello sees it. It is valid during the call.
type ClientHelloInfo struct {
	ServerName       string   // empty without SNI
	ALPN             []string // nil without ALPN
	Versions         []uint16 // supported_versions; nil for clients of TLS 1.2 and older
	CipherSuites     []CipherSuite
	Groups           []Group
	SignatureSchemes []SignatureScheme
	Raw              []byte // the whole message with its 4-byte header, without record headers
}

// CipherSuite is a TLS 1.3 cipher suite (RFC 8446 appendix B.4).
type CipherSuite uint16

// The cipher suites of the profile.
const (
	AES128GCMSHA256        CipherSuite = 0x1301
	AES256GCMSHA384        CipherSuite = 0x1302
	ChaCha20Poly1305SHA256 CipherSuite = 0x1303
)

// Group is a NamedGroup (RFC 8446 section 4.2.7).
type Group uint16

// The groups of the profile.
const (
	X25519 Group = 0x001d
	X448   Group = 0x001e
)

// SignatureScheme is the algorithm of a signature and of its key (RFC 8446 section 4.2.3).
type SignatureScheme uint16

// The signature schemes of the profile.
const (
	Ed25519 SignatureScheme = 0x0807
	Ed448   SignatureScheme = 0x0808
)

// ChaCha20-Poly1305 comes first whatever the processor is good at: it is what the network uses, and a session
// identifier of SHA-384 (48 bytes) makes forwarded transmissions too large.
var (
	defaultSuites    = []CipherSuite{ChaCha20Poly1305SHA256, AES128GCMSHA256, AES256GCMSHA384}
	defaultGroups    = []Group{X448, X25519}
	signatureSchemes = []SignatureScheme{Ed448, Ed25519}
)

func (c *Config) suites() []CipherSuite {
	if len(c.CipherSuites) > 0 {
		return c.CipherSuites
	}
	return defaultSuites
}

func (c *Config) groups() []Group {
	if len(c.Groups) > 0 {
		return c.Groups
	}
	return defaultGroups
}

func (c *Config) rand() io.Reader {
	if c.Rand != nil {
		return c.Rand
	}
	return rand.Reader
}

func (c *Config) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

// certificateFor is the first key pair that a peer with these schemes can verify.
func (c *Config) certificateFor(schemes []SignatureScheme) *KeyPair {
	for _, pair := range c.Certificates {
		if scheme := pair.Scheme(); scheme != 0 && slices.Contains(schemes, scheme) {
			return pair
		}
	}
	return nil
}
