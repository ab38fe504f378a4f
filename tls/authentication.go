package tls

import (
	"bytes"
	"crypto/hmac"
	"encoding/binary"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// Authentication messages: Certificate, CertificateVerify, Finished (RFC 8446 section 4.4), for both sides.

// appendCertificate appends a Certificate message without extensions, and with no chain the empty one.
func appendCertificate(b []byte, chain [][]byte) []byte {
	return appendMessage(b, typeCertificate, func(b []byte) []byte {
		b = append(b, 0) // certificate_request_context
		return appendVector(b, 3, func(b []byte) []byte {
			for _, der := range chain {
				b = appendBytes(b, 3, der)
				b = append(b, 0, 0) // extensions
			}
			return b
		})
	})
}

// parseCertificate returns a copy of the chain, nil for the empty Certificate.
func parseCertificate(body cryptobyte.String) ([][]byte, error) {
	body = bytes.Clone(body)
	var context, list cryptobyte.String
	if !body.ReadUint8LengthPrefixed(&context) || !body.ReadUint24LengthPrefixed(&list) || !body.Empty() {
		return nil, errDecode("Certificate")
	}
	if !context.Empty() {
		return nil, fatal(AlertIllegalParameter, "context in a Certificate of the handshake")
	}
	var chain [][]byte
	for !list.Empty() {
		var der, extensions cryptobyte.String
		if !list.ReadUint24LengthPrefixed(&der) || der.Empty() || !list.ReadUint16LengthPrefixed(&extensions) {
			return nil, errDecode("Certificate")
		}
		err := eachExtension(extensions, AlertIllegalParameter, func(extensionType, cryptobyte.String) error {
			return fatal(AlertUnsupportedExtension, "certificate extension that was not asked for")
		})
		if err != nil {
			return nil, err
		}
		chain = append(chain, der)
	}
	return chain, nil
}

func (c *Conn) readCertificate(message []byte) error {
	chain, err := parseCertificate(message[messageHeader:])
	if err != nil {
		return err
	}
	c.hs.transcript.add(message)
	if len(chain) == 0 {
		if c.client {
			return errDecode("Certificate: a server must send one") // section 4.4.2.4
		}
		c.hs.state = waitFinished
		return nil
	}
	if c.hs.peerLeaf, err = parseLeaf(chain[0]); err != nil {
		return err
	}
	if err := c.verifyPeer(chain); err != nil {
		return verifyError(err)
	}
	c.peerChain = chain
	c.hs.state = waitCertificateVerify
	return nil
}

func (c *Conn) verifyPeer(chain [][]byte) error {
	switch {
	case c.config.VerifyPeer != nil:
		return c.config.VerifyPeer(chain)
	case c.client:
		return fatal(AlertInternalError, "client without VerifyPeer")
	}
	return VerifyClientChain(chain, c.config.now())
}

// signedContent is what a CertificateVerify signs (section 4.4.3).
func signedContent(byClient bool, transcript []byte) []byte {
	context := "TLS 1.3, server CertificateVerify"
	if byClient {
		context = "TLS 1.3, client CertificateVerify"
	}
	b := make([]byte, 64, 64+len(context)+1+len(transcript))
	for i := range b {
		b[i] = ' '
	}
	b = append(b, context...)
	b = append(b, 0)
	return append(b, transcript...)
}

func appendCertificateVerify(b []byte, scheme SignatureScheme, signature []byte) []byte {
	return appendMessage(b, typeCertificateVerify, func(b []byte) []byte {
		return appendBytes(binary.BigEndian.AppendUint16(b, uint16(scheme)), 2, signature)
	})
}

func parseCertificateVerify(body cryptobyte.String) (scheme SignatureScheme, signature []byte, err error) {
	ok := body.ReadUint16((*uint16)(&scheme)) && body.ReadUint16LengthPrefixed((*cryptobyte.String)(&signature)) && body.Empty()
	return scheme, signature, decoded(ok, "CertificateVerify")
}

func (c *Conn) readCertificateVerify(message []byte) error {
	scheme, signature, err := parseCertificateVerify(message[messageHeader:])
	if err != nil {
		return err
	}
	if !slices.Contains(signatureSchemes, scheme) || scheme != c.hs.peerLeaf.scheme {
		return fatal(AlertIllegalParameter, "CertificateVerify with another algorithm than the certificate's")
	}
	if !c.hs.peerLeaf.verify(signedContent(!c.client, c.hs.transcript.sum()), signature) {
		return fatal(AlertDecryptError, "signature of CertificateVerify")
	}
	c.hs.transcript.add(message)
	c.hs.state = waitFinished
	return nil
}

// sendCertificate sends Certificate and, unless pair is nil, CertificateVerify.
func (c *Conn) sendCertificate(pair *KeyPair) {
	if pair == nil {
		c.send(func(b []byte) []byte { return appendCertificate(b, nil) })
		return
	}
	c.send(func(b []byte) []byte { return appendCertificate(b, pair.Chain) })
	signature := pair.Sign(signedContent(c.client, c.hs.transcript.sum()))
	c.send(func(b []byte) []byte { return appendCertificateVerify(b, pair.Scheme(), signature) })
}

func (c *Conn) sendFinished(verifyData []byte) {
	c.send(func(b []byte) []byte { return appendFinished(b, verifyData) })
}

func appendFinished(b []byte, verifyData []byte) []byte {
	return appendMessage(b, typeFinished, func(b []byte) []byte { return append(b, verifyData...) })
}

// checkFinished judges the peer's Finished under its handshake traffic secret. A wrong length is a Finished that does
// not validate: its only field has no length of its own.
func (c *Conn) checkFinished(secret trafficSecret, verifyData []byte) error {
	if !hmac.Equal(verifyData, secret.verifyData(c.suite, c.hs.transcript.sum())) {
		return fatal(AlertDecryptError, "Finished does not validate")
	}
	return nil
}
