package tls

import (
	"context"
	"crypto"
	"io"
	"net"
	"time"
)

// Sizes of the record layer in bytes (RFC 8446 section 5).
const (
	RecordHeader   = 5
	RecordOverhead = RecordHeader + 1 + 16 // header, inner content type, AEAD tag
	MaxPlaintext   = 1 << 14
	MaxRecord      = RecordHeader + MaxPlaintext + 256
)

type CipherSuite uint16

const (
	AES128GCMSHA256        CipherSuite = 0x1301
	AES256GCMSHA384        CipherSuite = 0x1302
	ChaCha20Poly1305SHA256 CipherSuite = 0x1303
)

type Group uint16

const (
	X25519 Group = 0x001d
	X448   Group = 0x001e
)

type SignatureScheme uint16

const (
	Ed25519 SignatureScheme = 0x0807
	Ed448   SignatureScheme = 0x0808
)

// Alert is an alert description (RFC 8446 section 6).
type Alert uint8

// Error is a failure of the protocol with its alert: ours (sent) or the peer's (Remote).
type Error struct {
	Alert  Alert
	Remote bool
	Reason string
}

func (e *Error) Error() string { return e.Reason }

// ClientHelloInfo is what a server's OnClientHello sees.
type ClientHelloInfo struct {
	ServerName       string
	ALPN             []string
	CipherSuites     []CipherSuite
	Groups           []Group
	SignatureSchemes []SignatureScheme
	Raw              []byte // the ClientHello message, without record headers
}

type Config struct {
	Certificates      []*KeyPair
	CipherSuites      []CipherSuite
	Groups            []Group
	ALPN              []string
	ServerName        string
	RequestClientCert bool
	VerifyPeer        func(chain [][]byte) error
	OnClientHello     func(*ClientHelloInfo) error
	Rand              io.Reader
	Now               func() time.Time
}

type Conn struct{}

func NewServer(*Config) *Conn { panic("tls: being built") }
func NewClient(*Config) *Conn { panic("tls: being built") }

func (c *Conn) Advance(in, out []byte) (consumed int, newOut []byte, err error) {
	panic("tls: being built")
}
func (c *Conn) HandshakeDone() bool                               { panic("tls: being built") }
func RecordLen(in []byte) (n int, ok bool, err error)             { panic("tls: being built") }
func (c *Conn) Open(dst, record []byte) (plain []byte, err error) { panic("tls: being built") }
func (c *Conn) HasPending() bool                                  { panic("tls: being built") }
func (c *Conn) Pending(out []byte) []byte                         { panic("tls: being built") }
func (c *Conn) Seal(dst, plain []byte) []byte                     { panic("tls: being built") }

// SealInPlace: buf[5:5+n] holds the plaintext (n ≤ MaxPlaintext), 17 bytes of room follow; returns buf[:n+22].
func (c *Conn) SealInPlace(buf []byte, n int) []byte      { panic("tls: being built") }
func (c *Conn) CloseNotify(out []byte) []byte             { panic("tls: being built") }
func (c *Conn) KeyUpdate(out []byte, request bool) []byte { panic("tls: being built") }
func (c *Conn) SessionID() []byte                         { panic("tls: being built") }
func (c *Conn) PeerChain() [][]byte                       { panic("tls: being built") }
func (c *Conn) NegotiatedALPN() (string, bool)            { panic("tls: being built") }
func (c *Conn) ServerName() string                        { panic("tls: being built") }
func (c *Conn) CipherSuite() CipherSuite                  { panic("tls: being built") }
func (c *Conn) Group() Group                              { panic("tls: being built") }

// NetConn is a net.Conn over a Conn.
type NetConn struct{ net.Conn }

func Client(conn net.Conn, config *Config) *NetConn    { panic("tls: being built") }
func Server(conn net.Conn, config *Config) *NetConn    { panic("tls: being built") }
func (c *NetConn) Handshake(ctx context.Context) error { panic("tls: being built") }
func (c *NetConn) SessionID() []byte                   { panic("tls: being built") }
func (c *NetConn) PeerChain() [][]byte                 { panic("tls: being built") }
func (c *NetConn) NegotiatedALPN() (string, bool)      { panic("tls: being built") }
func (c *NetConn) ServerName() string                  { panic("tls: being built") }
func (c *NetConn) CipherSuite() CipherSuite            { panic("tls: being built") }
func (c *NetConn) Group() Group                        { panic("tls: being built") }

// KeyPair is a certificate chain (DER, leaf first) and the private key of its leaf.
type KeyPair struct {
	Chain [][]byte
	Key   crypto.Signer // ed25519.PrivateKey or circl's ed448.PrivateKey
}

func ParseKeyPair(chainPEM, keyPEM []byte) (*KeyPair, error) { panic("tls: being built") }
func (k *KeyPair) Scheme() SignatureScheme                   { panic("tls: being built") }
func (k *KeyPair) Sign(message []byte) []byte                { panic("tls: being built") }

// VerifySignature checks sig over message with the public key of a DER certificate.
func VerifySignature(cert, message, sig []byte) error { panic("tls: being built") }

// Fingerprint is the SHA-256 of a whole DER certificate.
func Fingerprint(cert []byte) [32]byte { panic("tls: being built") }

// Identity is the certificate of a verified chain that is fingerprinted: the second, or the only one.
func Identity(chain [][]byte) []byte { panic("tls: being built") }

func VerifyChain(chain [][]byte, fingerprint [32]byte, now time.Time) error {
	panic("tls: being built")
}
func VerifyClientChain(chain [][]byte, now time.Time) error { panic("tls: being built") }

// IssueCA makes a self-signed identity certificate; IssueLeaf one for a router, signed by the CA's key pair. PEM out.
func IssueCA(scheme SignatureScheme, commonName, organization string, now time.Time) (certPEM, keyPEM []byte, err error) {
	panic("tls: being built")
}
func IssueLeaf(ca *KeyPair, scheme SignatureScheme, commonName string, now time.Time) (certPEM, keyPEM []byte, err error) {
	panic("tls: being built")
}
