package tls

import (
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// encryptedExtensions is an EncryptedExtensions (RFC 8446 section 4.3.1).
type encryptedExtensions struct {
	alpn   string  // the one protocol that the server chose; empty without
	ackSNI bool    // empty server_name: the server used the client's
	groups []Group // what the server would rather use; nil without
}

func (e *encryptedExtensions) append(b []byte) []byte {
	return appendMessage(b, typeEncryptedExtensions, func(b []byte) []byte {
		return appendVector(b, 2, func(b []byte) []byte {
			if e.ackSNI {
				b = appendExtension(b, extServerName, func(b []byte) []byte { return b })
			}
			if len(e.groups) > 0 {
				b = appendExtension(b, extSupportedGroups, func(b []byte) []byte { return appendList(b, 2, e.groups) })
			}
			if e.alpn != "" {
				b = appendExtension(b, extALPN, func(b []byte) []byte { return appendProtocols(b, []string{e.alpn}) })
			}
			return b
		})
	})
}

// parseEncryptedExtensions reads the answer to asked.
func parseEncryptedExtensions(body cryptobyte.String, asked *clientHello) (*encryptedExtensions, error) {
	var extensions cryptobyte.String
	if !body.ReadUint16LengthPrefixed(&extensions) || !body.Empty() {
		return nil, errDecode("EncryptedExtensions")
	}
	e := new(encryptedExtensions)
	return e, eachExtension(extensions, AlertDecodeError, func(typ extensionType, data cryptobyte.String) error {
		return e.parseExtension(typ, data, asked)
	})
}

func (e *encryptedExtensions) parseExtension(typ extensionType, data cryptobyte.String, asked *clientHello) error {
	ok := true
	switch {
	case typ == extServerName && asked.offers(typ):
		e.ackSNI = true
	case typ == extSupportedGroups:
		e.groups, ok = parseList[Group](&data, 2)
	case typ == extALPN && asked.offers(typ):
		var protocols []string
		protocols, ok = parseProtocols(&data)
		if !ok || len(protocols) != 1 { // RFC 7301 section 3.1
			return errDecode("application_layer_protocol_negotiation")
		}
		e.alpn = protocols[0]
		if !slices.Contains(asked.alpn, e.alpn) {
			return fatal(AlertIllegalParameter, "server chose an ALPN protocol that was not offered")
		}
	default:
		return asked.misplaced(typ)
	}
	return decoded(ok && data.Empty(), "extension of EncryptedExtensions")
}

// certificateRequest is a CertificateRequest (section 4.3.2).
type certificateRequest struct {
	signatureSchemes []SignatureScheme
}

func (r *certificateRequest) append(b []byte) []byte {
	return appendMessage(b, typeCertificateRequest, func(b []byte) []byte {
		b = append(b, 0) // certificate_request_context
		return appendVector(b, 2, func(b []byte) []byte {
			return appendExtension(b, extSignatureAlgorithms, func(b []byte) []byte {
				return appendList(b, 2, r.signatureSchemes)
			})
		})
	})
}

func parseCertificateRequest(body cryptobyte.String) (*certificateRequest, error) {
	var context, extensions cryptobyte.String
	if !body.ReadUint8LengthPrefixed(&context) || !body.ReadUint16LengthPrefixed(&extensions) || !body.Empty() {
		return nil, errDecode("CertificateRequest")
	}
	if !context.Empty() {
		return nil, fatal(AlertIllegalParameter, "context in a CertificateRequest of the handshake")
	}
	r := new(certificateRequest)
	err := eachExtension(extensions, AlertIllegalParameter, func(typ extensionType, data cryptobyte.String) error {
		if typ != extSignatureAlgorithms {
			return nil // a client ignores what it does not know (section 4.3.2)
		}
		var ok bool
		r.signatureSchemes, ok = parseList[SignatureScheme](&data, 2)
		return decoded(ok && data.Empty(), "signature_algorithms")
	})
	if err == nil && r.signatureSchemes == nil {
		err = fatal(AlertMissingExtension, "CertificateRequest without signature_algorithms")
	}
	return r, err
}
