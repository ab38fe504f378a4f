package tls

import (
	"bytes"
	"testing"

	"golang.org/x/crypto/cryptobyte"
)

// puppet is one end of a connection that can be made to misbehave: each of its messages passes through mutate before it
// is sent and enters the transcript, so that everything else about it stays right.
type puppet struct {
	*Conn
	t      testing.TB
	mutate func(typ messageType, message []byte) []byte // nil: as it is
}

func newPuppet(t testing.TB, conn *Conn, mutate func(messageType, []byte) []byte) *puppet {
	return &puppet{conn, t, mutate}
}

func (p *puppet) say(message []byte) {
	if p.mutate != nil {
		message = p.mutate(messageType(message[0]), message)
	}
	p.send(func(b []byte) []byte { return append(b, message...) })
}

// only mutates messages of one type.
func only(typ messageType, f func([]byte) []byte) func(messageType, []byte) []byte {
	return func(t messageType, message []byte) []byte {
		if t == typ {
			return f(message)
		}
		return message
	}
}

// serve answers a ClientHello record with the whole flight of a server.
func (p *puppet) serve(hello []byte) []byte {
	message := bytes.Clone(hello[RecordHeader:])
	p.start(message)
	p.hs.transcript = newTranscript(p.suite)
	p.hs.transcript.add(message)
	return p.flightTo()
}

func (p *puppet) start(message []byte) {
	hello, err := parseClientHello(message[messageHeader:])
	must(err)
	p.hs.hello = hello
	must(p.chooseSuite())
}

// retry answers a ClientHello record with a HelloRetryRequest for group.
func (p *puppet) retry(hello []byte, group Group, cookie string) []byte {
	message := bytes.Clone(hello[RecordHeader:])
	p.start(message)
	p.hs.transcript = newTranscript(p.suite)
	p.hs.transcript.add(message)
	p.hs.transcript.retry()
	retry := serverHello{
		legacyVersion: versionTLS12, version: versionTLS13, random: helloRetryRandom, sessionID: p.hs.hello.sessionID,
		cipherSuite: p.suite.id, cookie: []byte(cookie), keyShare: keyShareEntry{group: group}, hasKeyShare: group != 0,
	}
	p.say(retry.append(nil))
	return p.flushed()
}

// serveSecond answers the ClientHello after retry; ccs is the client's change_cipher_spec before it.
func (p *puppet) serveSecond(flight []byte) []byte {
	hello := bytes.Clone(records(p.t, flight)[1][RecordHeader:])
	p.start(hello)
	p.hs.transcript.add(hello)
	return p.flightTo()
}

func (p *puppet) flightTo() []byte {
	share := p.hs.hello.keyShares[0]
	exchange, err := newKeyExchange(share.group, p.config.rand())
	must(err)
	shared, err := exchange.shared(share.key)
	must(err)
	hello := serverHello{
		legacyVersion: versionTLS12, version: versionTLS13, sessionID: p.hs.hello.sessionID, cipherSuite: p.suite.id,
		keyShare: keyShareEntry{share.group, exchange.public}, hasKeyShare: true,
	}
	p.say(hello.append(nil))
	p.flush()
	p.sendChangeCipherSpec()
	p.installHandshakeKeys(p.suite.handshake(shared))
	p.say((&encryptedExtensions{}).append(nil))
	if p.config.RequestClientCert {
		p.say((&certificateRequest{signatureSchemes}).append(nil))
	}
	p.sayCertificate(p.config.Certificates[0])
	p.say(appendFinished(nil, p.hs.serverSecret.verifyData(p.suite, p.hs.transcript.sum())))
	return p.flushed()
}

func (p *puppet) sayCertificate(pair *KeyPair) {
	p.say(appendCertificate(nil, pair.Chain))
	signature := pair.Sign(signedContent(p.client, p.hs.transcript.sum()))
	p.say(appendCertificateVerify(nil, pair.Scheme(), signature))
}

func (p *puppet) flushed() []byte {
	p.flush()
	out := p.hs.out
	p.hs.out = nil
	return out
}

// hello is the record with the ClientHello of a puppet client.
func (p *puppet) hello() []byte {
	must(p.sendClientHello())
	message := p.hs.helloRaw
	if p.mutate != nil {
		message = p.mutate(typeClientHello, message)
	}
	p.hs.helloRaw = message
	p.hs.out = nil
	return p.out.seal(nil, typeHandshake, versionTLS10, message)
}

// finish is the last flight of a puppet client, in answer to the server's, which it believes.
func (p *puppet) finishFlight(flight []byte) []byte {
	in := records(p.t, flight)
	hello, err := parseServerHello(in[0][RecordHeader+messageHeader:], p.hs.hello)
	must(err)
	p.suite = suiteByID(hello.cipherSuite)
	must(p.readFinalServerHello(hello, in[0][RecordHeader:]))
	content := p.openHandshake(in[2:])
	p.hs.transcript.add(content)
	if cert := p.config.Certificates; p.config.RequestClientCert && cert != nil {
		p.sayCertificate(cert[0])
	} else if p.config.RequestClientCert {
		p.say(appendCertificate(nil, nil))
	}
	p.say(appendFinished(nil, p.hs.clientSecret.verifyData(p.suite, p.hs.transcript.sum())))
	return p.flushed()
}

func (p *puppet) openHandshake(protected [][]byte) []byte {
	var content []byte
	for _, record := range protected {
		_, part, err := p.in.open(record)
		must(err)
		content = append(content, part...)
	}
	return content
}

// rawHello is a ClientHello taken apart into opaque fields, to be put together wrongly.
type rawHello struct {
	version, random, sessionID, suites, compression []byte
	extensions                                      []rawExtension
	noExtensions                                    bool
	tail                                            []byte
}

type rawExtension struct {
	typ  extensionType
	data []byte
}

func takeApart(message []byte) *rawHello {
	h := new(rawHello)
	s := cryptobyte.String(bytes.Clone(message[messageHeader:]))
	var extensions cryptobyte.String
	s.ReadBytes(&h.version, 2)
	s.ReadBytes(&h.random, 32)
	s.ReadUint8LengthPrefixed((*cryptobyte.String)(&h.sessionID))
	s.ReadUint16LengthPrefixed((*cryptobyte.String)(&h.suites))
	s.ReadUint8LengthPrefixed((*cryptobyte.String)(&h.compression))
	s.ReadUint16LengthPrefixed(&extensions)
	for !extensions.Empty() {
		var e rawExtension
		extensions.ReadUint16((*uint16)(&e.typ))
		extensions.ReadUint16LengthPrefixed((*cryptobyte.String)(&e.data))
		h.extensions = append(h.extensions, e)
	}
	return h
}

func (h *rawHello) message() []byte {
	return appendMessage(nil, typeClientHello, func(b []byte) []byte {
		b = append(append(b, h.version...), h.random...)
		b = appendBytes(b, 1, h.sessionID)
		b = appendBytes(b, 2, h.suites)
		b = appendBytes(b, 1, h.compression)
		if !h.noExtensions {
			b = appendVector(b, 2, func(b []byte) []byte { return appendRaw(b, h.extensions) })
		}
		return append(b, h.tail...)
	})
}

func appendRaw(b []byte, extensions []rawExtension) []byte {
	for _, e := range extensions {
		b = appendExtension(b, e.typ, func(b []byte) []byte { return append(b, e.data...) })
	}
	return b
}

// set replaces an extension where it stands, or adds it at the end.
func (h *rawHello) set(typ extensionType, data ...byte) {
	for i := range h.extensions {
		if h.extensions[i].typ == typ {
			h.extensions[i].data = data
			return
		}
	}
	h.extensions = append(h.extensions, rawExtension{typ, data})
}

func (h *rawHello) drop(typ extensionType) {
	kept := h.extensions[:0]
	for _, e := range h.extensions {
		if e.typ != typ {
			kept = append(kept, e)
		}
	}
	h.extensions = kept
}
