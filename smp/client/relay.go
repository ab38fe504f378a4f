package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"time"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/tls"
)

// Relay is a router that a client reaches through another one, its proxy, so that it does not learn the client's
// address. The proxy sees neither queues nor bodies. A Relay may be used by several goroutines; it ends with the
// proxy's session, or with the proxy's connection to the relay: then commands fail with a ProxyError of
// smp.ErrProxyNoSession, and DialRelay makes another.
type Relay struct {
	peer  // the relay, by the session of the proxy with it
	proxy *Client
}

// Version is the version agreed for the relay.
func (r *Relay) Version() smp.Version { return r.version }

// DialRelay asks the proxy for its session with the router at address (PRXY). basicAuth is the proxy's password, or
// empty. Errors are smp.Error: the proxy's, or those that clients of the reference report when the relay proves not to
// be the one of the address (TRANSPORT HANDSHAKE IDENTITY) or has no version in common.
func (c *Client) DialRelay(ctx context.Context, address smp.ServerAddress, basicAuth string) (*Relay, error) {
	type result struct {
		relay *Relay
		err   error
	}
	dialed := make(chan result, 1)
	err := c.DoDialRelay(address, basicAuth, func(r *Relay, err error) { dialed <- result{r, err} })
	if err != nil {
		return nil, err
	}
	select {
	case r := <-dialed:
		return r.relay, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// DoDialRelay is DialRelay by the rules of Do. A proxy of before version 8 is smp.TransportVersion.
func (c *Client) DoDialRelay(address smp.ServerAddress, basicAuth string, done func(*Relay, error)) error {
	if c.version < smp.VersionSendingProxy {
		return smp.TransportVersion
	}
	params := smp.PRXYParams{Server: address}
	if basicAuth != "" {
		params.BasicAuth = []byte(basicAuth)
	}
	command := Raw(nil, nil, smp.AppendPRXY(nil, &params))
	return c.Do(command, func(r Response) {
		if r.Err == nil && r.Tag != smp.RespPKey {
			r.Err = &UnexpectedError{r.Tag}
		}
		if r.Err != nil {
			done(nil, r.Err)
			return
		}
		done(c.newRelay(r.Params, &address.KeyHash))
	})
}

// newRelay judges PKEY. There is no TLS connection to compare with: the chain has to prove itself, and its leaf signs
// the session key.
func (c *Client) newRelay(params []byte, keyHash *[32]byte) (*Relay, error) {
	p, _ := smp.ParsePKey(params)
	common, ok := p.Range.Intersect(smp.VersionRange{Min: smp.MinVersion, Max: smp.CurrentVersion})
	if !ok {
		return nil, smp.ErrBrokerTransport(smp.TransportVersion)
	}
	key, ok := relayKey(&p.CertKey, keyHash)
	if !ok {
		return nil, smp.ErrBrokerTransport(smp.TransportIdentity)
	}
	return &Relay{peer: peer{version: common.Max, sessionID: bytes.Clone(p.SessionID), serverKey: key}, proxy: c}, nil
}

func relayKey(c *smp.CertKey, keyHash *[32]byte) (*[box.KeySize]byte, bool) {
	if tls.VerifyChain(c.Chain, *keyHash, time.Now()) != nil {
		return nil, false
	}
	signed, err := box.ParseSignedKey(c.SignedKey)
	if err != nil || tls.VerifySignature(c.Chain[0], signed.Signed, signed.Signature) != nil {
		return nil, false
	}
	key, err := box.ParseX25519(signed.SPKI)
	return &key, err == nil
}

// Do sends a command to the relay by the rules of Client.Do: SEND, SKEY, LKEY or LGET. Errors of the proxy come as
// *ProxyError, those of the relay as smp.Error.
func (r *Relay) Do(command Command, done func(Response)) error {
	id := newCorrID()
	b, subkey, err := r.encode(&command, &id)
	if err != nil {
		return err
	}
	err = r.proxy.submit(b, id, pending{entity: r.sessionID, done: func(pres Response) {
		done(r.open(&id, subkey, pres))
	}})
	if err != nil {
		b.release()
	}
	return err
}

// encode makes the block with PFWD. One correlation ID serves the inner and the outer transmission, and as the nonce;
// the subkey is that of the box, made with a key of this command alone.
func (r *Relay) encode(command *Command, id *corrID) (*buffer, *[box.KeySize]byte, error) {
	key, err := box.GenerateKey(box.X25519, rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	scalar, _ := key.X25519()
	subkey := new([box.KeySize]byte)
	if err := box.DH(subkey, scalar, r.serverKey); err != nil {
		return nil, nil, err
	}
	box.Precompute(subkey, subkey)
	public := key.Public()

	c := r.proxy
	b := borrow()
	t := smp.AppendResponseHeader(b.data[:c.contentStart()+3], c.version, c.sessionID, id[:], r.sessionID)
	t = smp.AppendPFWD(t, smp.PFWDParams{Version: r.version, Key: public.AppendSPKI(nil)})
	sealed := b.data[len(t) : len(t)+smp.ForwardedEnvelope]
	if err = r.seal(sealed, command, id, subkey); err != nil {
		b.release()
		return nil, nil, err
	}
	b, err = c.finishBlock(b, b.data[:len(t)+len(sealed)], nil)
	return b, subkey, err
}

// seal fills the box of PFWD: tag 16 ‖ { length 2 ‖ count 1 ‖ length 2 ‖ transmission ‖ filler }.
func (r *Relay) seal(sealed []byte, command *Command, id *corrID, subkey *[box.KeySize]byte) error {
	const at = box.TagSize + 2 + 3
	t, err := r.appendTransmission(sealed[:at:len(sealed)], command, id[:])
	if err != nil {
		return err
	}
	n := len(t) - at
	copy(sealed[at-3:], []byte{1, byte(n >> 8), byte(n)})
	if box.PadInPlace(sealed[box.TagSize:], 3+n) != nil {
		return ErrTooLarge
	}
	nonce := [box.NonceSize]byte(*id)
	box.Seal(sealed, &nonce, subkey)
	return nil
}

// open reads PRES.
func (r *Relay) open(id *corrID, subkey *[box.KeySize]byte, pres Response) Response {
	if pres.Err == nil && pres.Tag != smp.RespPRes {
		pres.Err = &UnexpectedError{pres.Tag}
	}
	if pres.Err != nil {
		if _, answered := pres.Err.(smp.Error); answered {
			pres.Err = &ProxyError{pres.Err}
		}
		return Response{Err: pres.Err}
	}
	nonce := [box.NonceSize]byte(*id)
	box.ReverseNonce(&nonce, &nonce)
	content, ok := box.OpenUsed(pres.Params, &nonce, subkey)
	if !ok {
		return Response{Err: ErrSealed}
	}
	batch, ok := smp.ParseBatch(content)
	if !ok || batch.Len() != 1 {
		return Response{Err: smp.TransportBlock}
	}
	b, _ := batch.Next()
	t, bad := smp.ParseResponseTransmission(r.version, r.sessionID, b)
	response := Response{Entity: t.EntityID}
	if bad.IsZero() {
		response.Tag, response.Params, bad = smp.ParseResponse(r.version, t.Command)
	}
	switch {
	case !bad.IsZero():
		response.Err, response.Bad = ErrBadResponse, bad
	case response.Tag == smp.RespErr:
		e, _ := smp.ParseError(response.Params)
		response.Err = e
	}
	return response
}

// Call is Do that waits for the response.
func (r *Relay) Call(ctx context.Context, command Command) (Response, error) {
	got := make(chan Response, 1)
	err := r.Do(command, func(response Response) {
		response.Entity, response.Params = bytes.Clone(response.Entity), bytes.Clone(response.Params)
		got <- response
	})
	if err != nil {
		return Response{}, err
	}
	select {
	case response := <-got:
		return response, response.Err
	case <-ctx.Done():
		return Response{}, context.Cause(ctx)
	}
}

// Send sends a message (SEND).
func (r *Relay) Send(ctx context.Context, s *SndQueue, notify bool, body []byte) error {
	return r.callForOK(ctx, s.Send(notify, body))
}

// SecureSender sets the sender's key by the sender (SKEY).
func (r *Relay) SecureSender(ctx context.Context, s *SndQueue) error {
	return r.callForOK(ctx, s.Secure())
}

func (r *Relay) callForOK(ctx context.Context, command Command) error {
	response, err := r.Call(ctx, command)
	if err == nil && response.Tag != smp.RespOK {
		err = &UnexpectedError{response.Tag}
	}
	return err
}
