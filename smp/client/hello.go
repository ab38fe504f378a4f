package client

import (
	"switchyard/box"
	"switchyard/smp"
	"switchyard/tls"
)

// greeting is what the client brings to the SMP handshake.
type greeting struct {
	versions smp.VersionRange
	keyHash  [32]byte
	key      *box.PrivateKey // X25519 for block encryption; nil: blocks are plain
	proxy    bool
	service  *ServiceCredentials // nil for other clients
}

// agreement is what the SMP handshake ends with.
type agreement struct {
	version       smp.Version
	serverKey     *[box.KeySize]byte // the router's session key, for X25519 authenticators; nil when it has none
	encrypted     bool
	send, receive box.Chain       // when encrypted
	forwarding    *forwarding     // for a proxy; nil for other clients
	service       *serviceSession // nil for other clients, and with routers that do not know services of its role
}

// answer judges the content of the router's hello and appends the content of the client's. sessionID and leaf, the
// router's certificate, are those of the TLS connection. Errors are smp.TransportError:
//
//	TransportParse    the hello does not parse
//	TransportSession  it names another TLS session
//	TransportVersion  no version in common
//	TransportBadAuth  its chain has not 2 to 4 certificates, or not the identity of the address, or its key is not
//	                  signed by the leaf
func (g *greeting) answer(dst, hello, sessionID, leaf []byte) ([]byte, agreement, error) {
	h, ok := smp.ParseServerHello(hello)
	switch {
	case !ok:
		return dst, agreement{}, smp.TransportParse
	case string(h.SessionID) != string(sessionID):
		return dst, agreement{}, smp.TransportSession
	}
	common, ok := g.offer(h.Range).Intersect(h.Range)
	if !ok {
		return dst, agreement{}, smp.TransportVersion
	}
	a := agreement{version: common.Max}
	if h.CertKey != nil {
		var err error
		if a.serverKey, err = g.verifyCertKey(h.CertKey, leaf); err != nil {
			return dst, agreement{}, err
		}
	}
	c := smp.ClientHello{Version: a.version, KeyHash: g.keyHash[:], Proxy: g.proxy}
	if g.key != nil {
		public := g.key.Public()
		c.PublicKey = public.AppendSPKI(nil)
	}
	if g.proxy {
		a.forwarding = newForwarding(common, h.CertKey)
	}
	if g.service != nil && a.version >= g.service.least() {
		var err error
		if a.service, c.Service, err = newServiceSession(g.service); err != nil {
			return dst, agreement{}, err
		}
	}
	g.agree(&a, sessionID)
	return smp.AppendClientHello(dst, &c), a, nil
}

// offer is what the client offers to a router with the given range: a proxy keeps below the versions that encrypt
// blocks with routers that would not know it is one.
func (g *greeting) offer(router smp.VersionRange) smp.VersionRange {
	r := g.versions
	if g.proxy && router.Max < smp.VersionProxyServer {
		r.Max = max(r.Min, smp.VersionDeletedEvent)
	}
	return r
}

func (g *greeting) verifyCertKey(c *smp.CertKey, leaf []byte) (*[box.KeySize]byte, error) {
	if len(c.Chain) < 2 || len(c.Chain) > 4 || tls.Fingerprint(tls.Identity(c.Chain)) != g.keyHash {
		return nil, smp.TransportBadAuth
	}
	signed, err := box.ParseSignedKey(c.SignedKey)
	if err != nil {
		return nil, smp.TransportParse
	}
	if tls.VerifySignature(leaf, signed.Signed, signed.Signature) != nil {
		return nil, smp.TransportBadAuth
	}
	key, err := box.ParseX25519(signed.SPKI)
	if err != nil {
		return nil, smp.TransportParse
	}
	return &key, nil
}

// agree derives the block chains, or for a proxy the subkey of forwarding, where both sides have a key and the version
// has them. As in the reference a router
// key of low order is no error here.
func (g *greeting) agree(a *agreement, sessionID []byte) {
	if g.key == nil || a.serverKey == nil {
		return
	}
	scalar, _ := g.key.X25519()
	var secret [box.KeySize]byte
	_ = box.DH(&secret, scalar, a.serverKey)
	defer clear(secret[:])
	if g.proxy {
		a.forwarding.subkey = new([box.KeySize]byte)
		box.Precompute(a.forwarding.subkey, &secret)
		return
	}
	if a.version < smp.VersionEncryptedBlock {
		return
	}
	a.encrypted = true
	a.receive, a.send = box.NewChains(sessionID, &secret)
}
