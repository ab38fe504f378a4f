package client

import (
	"bytes"
	"sync"

	"switchyard/box"
	"switchyard/smp"
)

// This file is the proxy's half of forwarding: a Client with Config.Proxy hands what its own clients sent (PFWD) on to
// the router (RFWD). Nobody but the router can open the inner box; the outer one hides from who reads TLS which PFWD of
// the proxy this RFWD is.

// forwarding is what a proxy knows of the router.
type forwarding struct {
	common  smp.VersionRange // of the hello and of ours
	certKey *smp.CertKey     // as received in the hello, a copy; nil when there was none

	mu     sync.RWMutex       // subkey, which is overwritten when the session ends
	subkey *[box.KeySize]byte // nil without a key, and in the end
}

// forget overwrites the subkey.
func (f *forwarding) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.subkey != nil {
		clear(f.subkey[:])
		f.subkey = nil
	}
}

// keyed tells whether there is a subkey.
func (f *forwarding) keyed() bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.subkey != nil
}

// seal seals a box for the router; false when the session has ended.
func (f *forwarding) seal(b []byte, nonce *[box.NonceSize]byte) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.subkey == nil {
		return false
	}
	box.Seal(b, nonce, f.subkey)
	return true
}

// open opens a box of the router.
func (f *forwarding) open(b []byte, nonce *[box.NonceSize]byte) ([]byte, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.subkey == nil {
		return nil, false
	}
	return box.Open(b, nonce, f.subkey)
}

func newForwarding(common smp.VersionRange, certKey *smp.CertKey) *forwarding {
	f := &forwarding{common: common}
	if certKey != nil {
		f.certKey = &smp.CertKey{SignedKey: bytes.Clone(certKey.SignedKey)}
		for _, c := range certKey.Chain {
			f.certKey.Chain = append(f.certKey.Chain, bytes.Clone(c))
		}
	}
	return f
}

// Proxied is what a proxy tells its clients of the router in PKEY: the version range is that of the router as far as it
// is ours and smp.ProxiedRange. The error is smp.TransportVersion, when forwarding is older than the router, or
// smp.TransportNoAuth, when it has no session key. The client must have been dialed with Config.Proxy.
func (c *Client) Proxied() (smp.PKey, error) {
	f := c.forwarding
	common, ok := f.common.Intersect(smp.ProxiedRange)
	switch {
	case !ok || c.version < smp.VersionSendingProxy:
		return smp.PKey{}, smp.TransportVersion
	case f.certKey == nil || !f.keyed():
		return smp.PKey{}, smp.TransportNoAuth
	}
	return smp.PKey{SessionID: c.sessionID, Range: common, CertKey: *f.certKey}, nil
}

// Forward sends RFWD with the parameters of a PFWD, whose correlation ID is corrID, by the rules of Do. done gets the
// encrypted response for PRES, valid until it returns, or an error: an smp.Error is the router's answer, a
// *ResponseError says why its response is none, and box.ErrNoSessionKey that it has no key.
func (c *Client) Forward(corrID []byte, p smp.PFWDParams, done func(encrypted []byte, err error)) error {
	switch {
	case c.Err() != nil:
		return c.Err()
	case c.forwarding == nil || !c.forwarding.keyed():
		return box.ErrNoSessionKey
	}
	id := newCorrID()
	b, err := c.encodeForward(&id, corrID, p)
	if err != nil {
		return err
	}
	err = c.submit(b, id, pending{done: func(r Response) { done(c.forwarded(&id, r)) }})
	if err != nil {
		b.release()
	}
	return err
}

func (c *Client) encodeForward(id *corrID, corrID []byte, p smp.PFWDParams) (*buffer, error) {
	b := borrow()
	t := smp.AppendResponseHeader(b.data[:c.contentStart()+3], c.version, c.sessionID, id[:], nil)
	t = smp.AppendRFWD(t, make([]byte, box.TagSize))
	sealed := len(t) - box.TagSize
	t = smp.AppendForwarded(t, corrID, p)
	nonce := [box.NonceSize]byte(*id)
	if !c.forwarding.seal(t[sealed:], &nonce) {
		b.release()
		return nil, c.Err()
	}
	return c.finishBlock(b, t, nil)
}

// forwarded opens the response to RFWD.
func (c *Client) forwarded(id *corrID, r Response) ([]byte, error) {
	switch {
	case r.Err == ErrBadResponse:
		return nil, &ResponseError{Reason: r.Bad}
	case r.Err != nil:
		return nil, r.Err
	case r.Tag != smp.RespRRes:
		return nil, &UnexpectedError{r.Tag}
	}
	nonce := [box.NonceSize]byte(*id)
	box.ReverseNonce(&nonce, &nonce)
	plain, ok := c.forwarding.open(r.Params, &nonce)
	if !ok {
		return nil, ErrSealed
	}
	_, encrypted, ok := smp.ParseForwardedResponse(plain)
	if !ok {
		return nil, &ResponseError{Reason: smp.ErrBlock}
	}
	return encrypted, nil
}
