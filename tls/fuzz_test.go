package tls

import (
	"bytes"
	"errors"
	"testing"

	"golang.org/x/crypto/cryptobyte"
)

// Each target runs its seeds as an ordinary test. What a peer sends may fail only with an *Error, whose alert goes out.

// wantOwnError checks that an error of input is an *Error.
func wantOwnError(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("error of another kind: %v", err)
	}
}

// FuzzServer gives a server whatever comes first on a socket.
func FuzzServer(f *testing.F) {
	var clear direction
	for _, test := range malformedHellos {
		f.Add(clear.seal(nil, typeHandshake, versionTLS10, spoiledHello(test.spoil)))
	}
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add([]byte{21, 3, 1, 0, 2, 2, 40})
	config := serverConfig(Ed25519)
	config.ALPN, config.Groups = []string{"smp/1"}, []Group{X25519}
	f.Fuzz(func(t *testing.T, in []byte) {
		s := NewServer(config)
		n, out, err := s.Advance(bytes.Clone(in), nil)
		wantOwnError(t, err)
		if n > len(in) || n == 0 && (len(out) > 0 && err == nil || s.HandshakeDone()) {
			t.Fatalf("consumed %d of %d, sent %d", n, len(in), len(out))
		}
		records(t, out) // whole ones
	})
}

// FuzzClient gives a client whatever a server may send in clear.
func FuzzClient(f *testing.F) {
	config := clientConfig(Ed25519)
	config.Rand, config.Groups = neverEnding{}, []Group{X25519}
	_, hello, _ := NewClient(config).Advance(nil, nil)
	p := &puppet{Conn: NewServer(serverConfig(Ed25519))}
	f.Add(p.serve(hello))
	p = &puppet{Conn: NewServer(serverConfig(Ed25519))}
	f.Add(p.retry(hello, X448, "cookie"))
	f.Add([]byte{21, 3, 3, 0, 2, 2, 70})
	f.Fuzz(func(t *testing.T, in []byte) {
		c := NewClient(config)
		c.Advance(nil, nil)
		_, out, err := c.Advance(bytes.Clone(in), nil)
		wantOwnError(t, err)
		records(t, out)
	})
}

// FuzzClientHello: what parses and passes the server's checks survives a round trip in what the server uses of it.
func FuzzClientHello(f *testing.F) {
	for _, test := range malformedHellos {
		f.Add(spoiledHello(test.spoil)[messageHeader:])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		h, err := parseClientHello(body)
		wantOwnError(t, err)
		if err != nil || h.check() != nil {
			return
		}
		again := h.append(nil)
		if len(again) >= maxHello {
			return
		}
		twice, err := parseClientHello(again[messageHeader:])
		if err != nil || twice.check() != nil || !bytes.Equal(twice.append(nil), again) {
			t.Fatalf("round trip: %v\n%x\n%x", err, body, again)
		}
		message := appendMessage(nil, typeClientHello, func(b []byte) []byte { return append(b, body...) })
		if !sameButForRetry(message, message) {
			t.Fatal("a ClientHello differs from itself")
		}
	})
}

// flightSeeds are the messages of a type in the tables of malformed ones, right and wrong.
func flightSeeds(f *testing.F, typ messageType) {
	config := clientConfig(Ed25519)
	config.ALPN, config.Rand = []string{"h2"}, neverEnding{}
	_, hello, _ := NewClient(config).Advance(nil, nil)
	server := serverConfig(Ed25519)
	server.RequestClientCert = true
	for _, test := range malformedServerFlights {
		p := &puppet{Conn: NewServer(server)}
		p.mutate = func(t messageType, message []byte) []byte {
			if t != typ {
				return message
			}
			f.Add(message[messageHeader:])
			if test.typ == typ {
				if spoiled := test.spoil(bytes.Clone(message)); len(spoiled) >= messageHeader {
					f.Add(spoiled[messageHeader:])
				}
			}
			return message
		}
		p.serve(hello)
	}
}

var asked = &clientHello{alpn: []string{"h2", "smp/1"}, serverName: "localhost", cookie: []byte{1}}

func FuzzServerHello(f *testing.F) {
	flightSeeds(f, typeServerHello)
	f.Fuzz(func(t *testing.T, body []byte) {
		h, err := parseServerHello(body, asked)
		wantOwnError(t, err)
		if err != nil || h.version == 0 {
			return
		}
		again := h.append(nil)
		twice, err := parseServerHello(again[messageHeader:], asked)
		if err != nil || !bytes.Equal(twice.append(nil), again) {
			t.Fatalf("round trip: %v\n%x\n%x", err, body, again)
		}
	})
}

func FuzzEncryptedExtensions(f *testing.F) {
	flightSeeds(f, typeEncryptedExtensions)
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := parseEncryptedExtensions(body, asked)
		wantOwnError(t, err)
		if err != nil {
			return
		}
		twice, err := parseEncryptedExtensions(e.append(nil)[messageHeader:], asked)
		if err != nil || !bytes.Equal(twice.append(nil), e.append(nil)) {
			t.Fatalf("round trip: %v\n%x", err, body)
		}
	})
}

func FuzzCertificateRequest(f *testing.F) {
	flightSeeds(f, typeCertificateRequest)
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := parseCertificateRequest(body)
		wantOwnError(t, err)
		if err == nil && len(r.signatureSchemes) == 0 {
			t.Fatal("no signature schemes")
		}
	})
}

func FuzzCertificate(f *testing.F) {
	flightSeeds(f, typeCertificate)
	f.Fuzz(func(t *testing.T, body []byte) {
		chain, err := parseCertificate(body)
		wantOwnError(t, err)
		if err != nil || len(chain) == 0 {
			return
		}
		if again := appendCertificate(nil, chain); !bytes.Equal(again[messageHeader:], body) {
			t.Fatalf("round trip\n%x\n%x", body, again)
		}
		_, err = parseLeaf(chain[0])
		wantOwnError(t, err)
		if err := VerifyClientChain(chain, testTime); err != nil {
			wantOwnError(t, verifyError(err))
		}
	})
}

func FuzzCertificateVerify(f *testing.F) {
	flightSeeds(f, typeCertificateVerify)
	f.Fuzz(func(t *testing.T, body []byte) {
		scheme, signature, err := parseCertificateVerify(body)
		wantOwnError(t, err)
		if err == nil && !bytes.Equal(appendCertificateVerify(nil, scheme, signature)[messageHeader:], body) {
			t.Fatalf("round trip %x", body)
		}
	})
}

// FuzzServerFlight gives a client any handshake messages under the right keys, where EncryptedExtensions belongs.
func FuzzServerFlight(f *testing.F) {
	config := clientConfig(Ed25519)
	config.Groups, config.ALPN = []Group{X25519}, []string{"h2"}
	for _, test := range malformedServerFlights {
		if test.typ != typeServerHello {
			f.Add(test.spoil(appendMessage(nil, test.typ, func(b []byte) []byte { return append(b, make([]byte, 40)...) })), byte(22))
		}
	}
	f.Add([]byte{8, 0, 0, 2, 0, 0, 11, 0, 0, 4, 0, 0, 0, 0}, byte(22))
	f.Add([]byte{1, 0}, byte(21))
	f.Fuzz(func(t *testing.T, content []byte, typ byte) {
		c := NewClient(config)
		_, hello, _ := c.Advance(nil, nil)
		p := newPuppet(t, NewServer(serverConfig(Ed25519)), nil)
		flight := records(t, p.serve(hello))
		in := append(bytes.Clone(flight[0]), flight[1]...)
		p.out.rekey(p.suite, p.hs.serverSecret)
		in = p.out.seal(in, contentType(typ), versionTLS12, content)
		_, out, err := c.Advance(in, nil)
		wantOwnError(t, err)
		records(t, out)
		if c.HandshakeDone() {
			t.Fatal("handshake done without the server")
		}
	})
}

// FuzzRecords gives an established connection any content in protected records, cut at will, and any record in clear.
func FuzzRecords(f *testing.F) {
	f.Add([]byte{24, 0, 0, 1, 1}, byte(22), 2)
	f.Add([]byte{4, 0, 0, 14, 0, 0, 1, 0, 9, 9, 9, 9, 0, 0, 1, 7, 0, 0}, byte(22), 5)
	f.Add([]byte{1, 0}, byte(21), 1)
	f.Add([]byte("data"), byte(23), 4)
	f.Add([]byte{}, byte(23), 0)
	c, s := established(f, clientConfig(Ed25519), serverConfig(Ed25519))
	f.Fuzz(func(t *testing.T, content []byte, typ byte, cut int) {
		if len(content) > MaxPlaintext || typ == 0 { // type 0 would be padding
			return
		}
		for _, p := range [][2]Conn{{*c, *s}, {*s, *c}} { // copies: the keys are as at the start
			from, to := p[0], p[1]
			cut := min(max(cut, 0), len(content))
			in := from.out.sealRecord(nil, contentType(typ), versionTLS12, content[:cut])
			in = from.out.sealRecord(in, contentType(typ), versionTLS12, content[cut:])
			for _, record := range records(t, in) {
				plain, err := to.Open(nil, record)
				if err != nil {
					break
				}
				if contentType(typ) != typeApplicationData && len(plain) > 0 {
					t.Fatalf("content of type %d came out as data", typ)
				}
			}
			records(t, to.Pending(nil))
		}
		to := *c
		if _, err := to.Open(nil, append([]byte{typ}, content...)); err == nil {
			t.Fatal("a record without a key was opened")
		}
	})
}

// FuzzKeyPair reads files.
func FuzzKeyPair(f *testing.F) {
	for _, r := range routers() {
		f.Add(r.chainPEM(), r.leafKeyPEM)
	}
	f.Fuzz(func(t *testing.T, chain, key []byte) {
		pair, err := ParseKeyPair(chain, key)
		if err == nil && VerifySignature(pair.Chain[0], chain, pair.Sign(chain)) != nil {
			t.Fatal("the pair does not fit")
		}
	})
}

// FuzzSecondHello compares any two well-formed ClientHellos.
func FuzzSecondHello(f *testing.F) {
	for _, test := range malformedHellos {
		f.Add(spoiledHello(func(*rawHello) {})[messageHeader:], spoiledHello(test.spoil)[messageHeader:])
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		for _, body := range [][]byte{first, second} {
			if _, err := parseClientHello(cryptobyte.String(body)); err != nil {
				return
			}
		}
		header := []byte{1, 0, 0, 0}
		a, b := append(bytes.Clone(header), first...), append(bytes.Clone(header), second...)
		if sameButForRetry(a, b) != sameButForRetry(b, a) || bytes.Equal(first, second) && !sameButForRetry(a, b) {
			t.Fatal("not an equivalence")
		}
	})
}
