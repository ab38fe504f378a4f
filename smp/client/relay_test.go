package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"testing"

	"switchyard/box"
	"switchyard/smp"
	"switchyard/tls"
)

// proxiedVector is a command by way of a proxy of the reference.
type proxiedVector struct {
	Kind      string
	Chain     []hexBytes  `json:"cert_chain"`
	KeyHash   hexBytes    `json:"key_hash"`
	PKEY      hexBytes    `json:"pkey_response"`
	SessionID hexBytes    `json:"relay_session_id"`
	Version   smp.Version `json:"fwd_version"`
	Public    hexBytes    `json:"relay_session_public"`
	CorrID    hexBytes    `json:"corr_id"`
	Secret    hexBytes    `json:"command_secret"`
	Response  hexBytes
	Responses hexBytes `json:"response_transmissions"`
	Encrypted struct {
		Len    int
		SHA256 hexBytes
	} `json:"enc_response"`
}

// pkey is the parameters of PKEY.
func (v *proxiedVector) pkey(t testing.TB) smp.PKey {
	t.Helper()
	_, params, err := smp.ParseResponse(smp.CurrentVersion, v.PKEY)
	p, ok := smp.ParsePKey(params)
	if !ok {
		t.Fatal(err)
	}
	return p
}

func appendPKey(p smp.PKey) []byte { return smp.AppendPKey(nil, &p)[len("PKEY "):] }

// sealed is the box of PRES as the relay makes it.
func (v *proxiedVector) sealed(t testing.TB, content []byte) []byte {
	t.Helper()
	b, err := box.Pad(make([]byte, box.TagSize), content, smp.ForwardedPadded)
	if err != nil {
		t.Fatal(err)
	}
	nonce, subkey := [box.NonceSize]byte(v.CorrID), v.subkey()
	box.ReverseNonce(&nonce, &nonce)
	box.Seal(b, &nonce, subkey)
	return b
}

func (v *proxiedVector) subkey() *[box.KeySize]byte {
	subkey := new([box.KeySize]byte)
	box.Precompute(subkey, (*[box.KeySize]byte)(v.Secret))
	return subkey
}

// TestProxiedVectors: PKEY of the reference is believed, and responses of its relays are read.
func TestProxiedVectors(t *testing.T) {
	for _, v := range readVectors[proxiedVector](t, "proxied.json.gz") {
		r, err := new(Client).newRelay(appendPKey(v.pkey(t)), (*[32]byte)(v.KeyHash))
		if err != nil {
			t.Fatal(err)
		}
		key, _ := box.ParseX25519(v.Public)
		if r.Version() != v.Version || string(r.sessionID) != string(v.SessionID) || *r.serverKey != key {
			t.Errorf("relay of version %d, want %d", r.Version(), v.Version)
		}
		b := v.sealed(t, v.Responses)
		if sum := sha256.Sum256(b); len(b) != v.Encrypted.Len || string(sum[:]) != string(v.Encrypted.SHA256) {
			t.Error("the box of the response differs")
		}
		id := corrID(v.CorrID)
		got := r.open(&id, v.subkey(), Response{Tag: smp.RespPRes, Params: b})
		tag, params, _ := smp.ParseResponse(v.Version, v.Response)
		if got.Tag != tag || string(got.Params) != string(params) || (got.Err == nil) != (tag != smp.RespErr) {
			t.Errorf("%s: %v %x %v", v.Kind, got.Tag, got.Params, got.Err)
		}
	}
}

// TestFalseRelay: a proxy that lies about the relay is found out, by the errors of the reference's clients.
func TestFalseRelay(t *testing.T) {
	v := readVectors[proxiedVector](t, "proxied.json.gz")[0]
	other := keyPair(t, tls.Ed25519)
	identity, version := smp.ErrBrokerTransport(smp.TransportIdentity), smp.ErrBrokerTransport(smp.TransportVersion)
	for _, c := range []struct {
		name  string
		spoil func(p *smp.PKey, keyHash *[32]byte)
		want  smp.Error
	}{
		{"another address", func(_ *smp.PKey, h *[32]byte) { h[0] ^= 1 }, identity},
		{"another router's chain", func(p *smp.PKey, _ *[32]byte) { p.CertKey.Chain = other.Chain }, identity},
		{"leaf of another router", func(p *smp.PKey, _ *[32]byte) {
			p.CertKey.Chain = [][]byte{other.Chain[0], p.CertKey.Chain[1]}
		}, identity},
		{"leaf alone", func(p *smp.PKey, _ *[32]byte) { p.CertKey.Chain = p.CertKey.Chain[:1] }, identity},
		{"five certificates", func(p *smp.PKey, _ *[32]byte) {
			c := p.CertKey.Chain
			p.CertKey.Chain = [][]byte{c[0], c[1], c[1], c[1], c[1]}
		}, identity},
		{"key that the leaf did not sign", func(p *smp.PKey, _ *[32]byte) {
			p.CertKey.SignedKey = bytes.Clone(p.CertKey.SignedKey)
			p.CertKey.SignedKey[30] ^= 1
		}, identity},
		{"key that is none", func(p *smp.PKey, _ *[32]byte) { p.CertKey.SignedKey = []byte("key") }, identity},
		{"versions of the future", func(p *smp.PKey, _ *[32]byte) { p.Range = smp.VersionRange{Min: 20, Max: 21} }, version},
	} {
		p, keyHash := v.pkey(t), [32]byte(v.KeyHash)
		c.spoil(&p, &keyHash)
		if r, err := new(Client).newRelay(appendPKey(p), &keyHash); r != nil || err != error(c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// TestFalseResponses: what a proxy or a relay sends in place of a response.
func TestFalseResponses(t *testing.T) {
	v := readVectors[proxiedVector](t, "proxied.json.gz")[0]
	r := &Relay{peer: peer{version: v.Version, sessionID: v.SessionID}}
	batch, _ := smp.ParseBatch(v.Responses)
	one, _ := batch.Next()
	pres := func(content []byte) Response {
		return Response{Tag: smp.RespPRes, Params: v.sealed(t, content)}
	}
	spoilt := pres(v.Responses)
	spoilt.Params[20] ^= 1
	var proxyError *ProxyError
	var unexpected *UnexpectedError
	for _, c := range []struct {
		name string
		pres Response
		ok   func(error) bool
	}{
		{"box changed", spoilt, func(err error) bool { return err == ErrSealed }},
		{"empty box", Response{Tag: smp.RespPRes}, func(err error) bool { return err == ErrSealed }},
		{"no batch", pres([]byte{0}), func(err error) bool { return err == error(smp.TransportBlock) }},
		{"two responses", pres(smp.AppendBatch(nil, one, one)), func(err error) bool { return err == error(smp.TransportBlock) }},
		{"no transmission", pres(smp.AppendBatch(nil, []byte{9})), func(err error) bool { return err == ErrBadResponse }},
		{"unknown response", pres(smp.AppendBatch(nil, append(smp.AppendResponseHeader(nil, v.Version, v.SessionID, nil, nil), "WHAT"...))),
			func(err error) bool { return err == ErrBadResponse }},
		{"another response than PRES", Response{Tag: smp.RespOK}, func(err error) bool { return errors.As(err, &unexpected) }},
		{"the proxy's error", Response{Tag: smp.RespErr, Err: smp.ErrProxyNoSession}, func(err error) bool {
			return errors.As(err, &proxyError) && errors.Is(err, smp.ErrProxyNoSession)
		}},
		{"end of the connection", Response{Err: ErrClosed}, func(err error) bool { return err == ErrClosed }},
	} {
		id := corrID(v.CorrID)
		if got := r.open(&id, v.subkey(), c.pres); !c.ok(got.Err) {
			t.Errorf("%s: %v", c.name, got.Err)
		}
	}
}

// TestRelayLimits: commands that do not fit are refused before they are sent, as is a proxy of before forwarding.
func TestRelayLimits(t *testing.T) {
	ctx := context.Background()
	router := newTestRouter(t, func(c *routerConn) { c.drain() })
	c := router.dial(router.config())
	key, err := box.GenerateKey(box.X25519, rand.Reader)
	must(t, err)
	public := key.Public()
	raw, _ := public.X25519()
	r := &Relay{peer: peer{version: 18, sessionID: make([]byte, 32), serverKey: raw}, proxy: c}
	if err := r.Send(ctx, &SndQueue{ID: []byte("queue")}, false, make([]byte, 17000)); err != ErrTooLarge {
		t.Error(err)
	}
	router.versions.Max = 7
	old := router.dial(router.config())
	if _, err := old.DialRelay(ctx, smp.ServerAddress{Hosts: []string{"a.example"}}, ""); err != error(smp.TransportVersion) {
		t.Error(err)
	}
}
