package smp

// CertKey is a certificate chain and a session key signed by its leaf.
type CertKey struct {
	Chain     [][]byte // 1 to 255 certificates in DER, leaf first
	SignedKey []byte   // DER of the signed SubjectPublicKeyInfo
}

func appendCertKey(b []byte, c *CertKey) []byte {
	return AppendLarge(AppendLargeList(b, c.Chain), c.SignedKey)
}

func parseCertKey(b []byte) (c CertKey, rest []byte, ok bool) {
	if c.Chain, rest, ok = ParseLargeList(b); !ok {
		return c, nil, false
	}
	c.SignedKey, rest, ok = ParseLarge(rest)
	return c, rest, ok
}

// ServerHello is the router's hello, the first message of a connection.
type ServerHello struct {
	Range     VersionRange
	SessionID []byte   // the client's TLS Finished: 32 bytes with SHA-256
	CertKey   *CertKey // Range.Max ≥ 7 only, else nil; the key is X25519
}

// AppendServerHello appends the router's hello.
func AppendServerHello(b []byte, h *ServerHello) []byte {
	b = AppendShort(AppendVersionRange(b, h.Range), h.SessionID)
	if h.Range.Max < VersionAuthCmds || h.CertKey == nil {
		return b
	}
	return appendCertKey(b, h.CertKey)
}

// ParseServerHello reads the router's hello. What follows it is ignored. A hello that ends before the certificates is
// one without a key: such a session authorizes by signatures only and does not encrypt its blocks.
func ParseServerHello(content []byte) (h ServerHello, ok bool) {
	b := content
	if h.Range, b, ok = ParseVersionRange(b); !ok {
		return h, false
	}
	if h.SessionID, b, ok = ParseShort(b); !ok {
		return h, false
	}
	if h.Range.Max < VersionAuthCmds || len(b) == 0 {
		return h, true
	}
	c, _, ok := parseCertKey(b)
	h.CertKey = &c
	return h, ok
}

// ClientHello is the client's hello.
type ClientHello struct {
	Version   Version
	KeyHash   []byte        // fingerprint of the router's identity, 32 bytes
	PublicKey []byte        // client's X25519 key (SubjectPublicKeyInfo), version 7 and later; nil: blocks are plain
	Proxy     bool          // version 14 and later: the client is a proxy, blocks are plain
	Service   *ServiceHello // version 16 and later
}

// ServiceHello is the part of the client's hello that opens a service session.
type ServiceHello struct {
	Role    ServiceRole
	CertKey CertKey // the client's TLS chain, 1 to 4 certificates, and an Ed25519 key
}

// AppendClientHello appends the client's hello.
func AppendClientHello(b []byte, h *ClientHello) []byte {
	b = AppendShort(AppendU16(b, uint16(h.Version)), h.KeyHash)
	if h.Version >= VersionAuthCmds && h.PublicKey != nil {
		b = AppendShort(b, h.PublicKey)
	}
	if h.Version >= VersionProxyServer {
		b = AppendBool(b, h.Proxy)
	}
	switch {
	case h.Version < VersionServiceCerts:
		return b
	case h.Service == nil:
		return append(b, '0')
	}
	return appendCertKey(append(b, '1', byte(h.Service.Role)), &h.Service.CertKey)
}

// ParseClientHello reads the client's hello. What follows it is ignored, and so is a key that does not parse.
func ParseClientHello(content []byte) (h ClientHello, ok bool) {
	v, b, ok := ParseU16(content)
	if !ok {
		return h, false
	}
	h.Version = Version(v)
	if h.KeyHash, b, ok = ParseShort(b); !ok {
		return h, false
	}
	if h.Version >= VersionAuthCmds {
		if key, rest, ok := parseDHKey(b); ok {
			h.PublicKey, b = key, rest
		}
	}
	if h.Version >= VersionProxyServer {
		if h.Proxy, b, ok = ParseBool(b); !ok {
			return h, false
		}
	}
	if h.Version >= VersionServiceCerts {
		h.Service, ok = parseServiceHello(b)
	}
	return h, ok
}

func parseServiceHello(b []byte) (s *ServiceHello, ok bool) {
	present, b, ok := ParseMaybe(b)
	if !ok || !present {
		return nil, ok
	}
	if len(b) == 0 {
		return nil, false
	}
	s = &ServiceHello{Role: ServiceRole(b[0])}
	switch s.Role {
	case RoleMessaging, RoleNotifier, RoleProxy:
	default:
		return nil, false
	}
	s.CertKey, _, ok = parseCertKey(b[1:])
	return s, ok
}

// ServiceReply is the router's answer to a hello with a service: its ID, or why not (the router then closes).
type ServiceReply struct {
	ServiceID []byte
	Err       TransportError // zero when accepted
}

// AppendServiceReply appends the reply.
func AppendServiceReply(b []byte, r ServiceReply) []byte {
	if r.Err != 0 {
		return AppendTransportError(append(b, 'E'), r.Err)
	}
	return AppendShort(append(b, 'R'), r.ServiceID)
}

// ParseServiceReply reads the reply. What follows it is ignored.
func ParseServiceReply(content []byte) (r ServiceReply, ok bool) {
	if len(content) == 0 {
		return r, false
	}
	switch content[0] {
	case 'R':
		r.ServiceID, _, ok = ParseShort(content[1:])
	case 'E':
		r.Err, _, ok = ParseTransportError(content[1:])
	}
	return r, ok
}
