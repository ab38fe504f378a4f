package smp

import "bytes"

// TransportError is why a handshake or a block failed. It stands in the reply to a service hello and in errors of a
// proxy.
type TransportError uint8

const (
	TransportBlock TransportError = iota + 1
	TransportVersion
	TransportLargeMsg
	TransportSession
	TransportNoAuth
	TransportParse
	TransportIdentity
	TransportBadAuth
	TransportBadService
)

var transportTexts = [...]string{
	TransportBlock:      "BLOCK",                 // unreadable block
	TransportVersion:    "VERSION",               // no version in common
	TransportLargeMsg:   "LARGE_MSG",             // does not fit a block
	TransportSession:    "SESSION",               // session ID differs from that of TLS
	TransportNoAuth:     "NO_AUTH",               // the router has no session key
	TransportParse:      "HANDSHAKE PARSE",       // unreadable hello
	TransportIdentity:   "HANDSHAKE IDENTITY",    // fingerprint differs from the address
	TransportBadAuth:    "HANDSHAKE BAD_AUTH",    // session key not signed by the certificate
	TransportBadService: "HANDSHAKE BAD_SERVICE", // service unknown in this role, or not storable
}

// Error is the wire text.
func (t TransportError) Error() string { return transportTexts[t] }

// AppendTransportError appends the wire text of t.
func AppendTransportError(b []byte, t TransportError) []byte { return append(b, transportTexts[t]...) }

// ParseTransportError reads a wire text, which ends at a space or at the end; rest has what follows it.
func ParseTransportError(b []byte) (t TransportError, rest []byte, ok bool) {
	for t = TransportBlock; t <= TransportBadService; t++ {
		rest, ok = bytes.CutPrefix(b, []byte(transportTexts[t]))
		if ok && (len(rest) == 0 || rest[0] == ' ') {
			return t, rest, true
		}
	}
	return 0, nil, false
}
