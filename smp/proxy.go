package smp

// Sizes of forwarding in bytes (a content is a batch of one transmission, before padding).
const (
	ForwardedPadded   = 16226                // inner content padded, both ways; so the content has at most 16224
	ForwardedEnvelope = ForwardedPadded + 16 // with its Poly1305 tag: the end of PFWD and PRES
)

// PRXYParams ask a proxy for a session with a relay.
type PRXYParams struct {
	Server    ServerAddress
	BasicAuth []byte // password of the proxy; nil when there is none
}

// AppendPRXY appends PRXY.
func AppendPRXY(b []byte, p *PRXYParams) []byte {
	return AppendMaybeShort(AppendServerAddress(append(b, "PRXY "...), &p.Server), p.BasicAuth)
}

// ParsePRXY reads the parameters of PRXY.
func ParsePRXY(params []byte) (p PRXYParams, ok bool) {
	b := params
	if p.Server, b, ok = ParseServerAddressBinary(b); !ok {
		return p, false
	}
	p.BasicAuth, b, ok = ParseMaybeShort(b)
	return p, ok && len(b) == 0 && validBasicAuth(p.BasicAuth)
}

// PFWDParams carry an encrypted transmission from the client to the proxy.
type PFWDParams struct {
	Version   Version // agreed for the relay
	Key       []byte  // client's X25519 key for this command alone
	Encrypted []byte  // ForwardedEnvelope bytes
}

// AppendPFWD appends PFWD.
func AppendPFWD(b []byte, p PFWDParams) []byte { return appendForward(append(b, "PFWD "...), p) }

// ParsePFWD reads the parameters of PFWD.
func ParsePFWD(params []byte) (p PFWDParams, ok bool) { return parseForward(params) }

func appendForward(b []byte, p PFWDParams) []byte {
	return append(AppendShort(AppendU16(b, uint16(p.Version)), p.Key), p.Encrypted...)
}

func parseForward(b []byte) (p PFWDParams, ok bool) {
	v, b, ok := ParseU16(b)
	if !ok {
		return p, false
	}
	p.Version = Version(v)
	p.Key, p.Encrypted, ok = parseDHKey(b)
	return p, ok
}

// AppendForwarded appends what the box of RFWD holds: the correlation ID of the client's PFWD and its parameters.
func AppendForwarded(b, corrID []byte, p PFWDParams) []byte {
	return appendForward(AppendShort(b, corrID), p)
}

// ParseForwarded reads the opened box of RFWD.
func ParseForwarded(b []byte) (corrID []byte, p PFWDParams, ok bool) {
	if corrID, b, ok = ParseShort(b); !ok {
		return nil, p, false
	}
	p, ok = parseForward(b)
	return corrID, p, ok
}

// AppendRFWD appends RFWD: the proxy's box around what AppendForwarded gives.
func AppendRFWD(b, encrypted []byte) []byte { return append(append(b, "RFWD "...), encrypted...) }

// AppendForwardedResponse appends what the box of RRES holds: the correlation ID and the client's encrypted response.
func AppendForwardedResponse(b, corrID, encrypted []byte) []byte {
	return append(AppendShort(b, corrID), encrypted...)
}

// ParseForwardedResponse reads the opened box of RRES.
func ParseForwardedResponse(b []byte) (corrID, encrypted []byte, ok bool) { return ParseShort(b) }
