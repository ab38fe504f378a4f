package tls

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// chainCase is a chain, and what is thought of it as a router's and as a client's.
type chainCase struct {
	name   string
	chain  [][]byte
	now    time.Time
	router error
	client error
}

func chainCases() []chainCase {
	anchor := issue(cert{name: "network", ca: true}, nil)
	operator := issue(cert{name: "operator", ca: true, scheme: Ed448}, anchor)
	identity := issue(cert{name: "identity", ca: true}, operator)
	leaf := issue(cert{name: "leaf"}, identity)
	self := issue(cert{name: "self"}, nil)
	own := issue(cert{name: "own", ca: true}, nil)
	mine := issue(cert{name: "leaf"}, issue(cert{name: "mine", ca: true}, own))
	late := testTime.AddDate(0, 0, validFor+1)
	notCA := issue(cert{name: "leaf"}, issue(cert{name: "identity"}, anchor))
	usage := func(parent *KeyPair, bits ...byte) *KeyPair { return issue(cert{name: "leaf", usage: bits}, parent) }
	caUsage := func(bits ...byte) *KeyPair {
		return issue(cert{name: "leaf"}, issue(cert{name: "identity", ca: true, usage: bits}, anchor))
	}
	short := issue(cert{name: "operator", ca: true, path: 1}, anchor) // pathLenConstraint 0
	both := func(e error) func(string, [][]byte, time.Time) chainCase {
		return func(name string, chain [][]byte, now time.Time) chainCase { return chainCase{name, chain, now, e, e} }
	}
	good, unknown, expired, notAuthority, badSignature := both(nil), both(ErrUnknownCA), both(ErrExpired), both(ErrNotAuthority), both(ErrBadSignature)
	return []chainCase{
		both(ErrChainLength)("none", nil, testTime),
		{"self-signed", self.Chain, testTime, ErrChainLength, nil},
		{"one that another signed", leaf.Chain[:1], testTime, ErrChainLength, ErrUnknownCA},
		good("two", issue(cert{name: "leaf"}, own).Chain, testTime),
		good("three", issue(cert{name: "leaf"}, issue(cert{name: "identity", ca: true}, anchor)).Chain, testTime),
		good("four", leaf.Chain, testTime),
		good("four, with the operator as identity and in its place", [][]byte{leaf.Chain[0], leaf.Chain[2], leaf.Chain[1], leaf.Chain[3]}, testTime),
		both(ErrChainLength)("five", append([][]byte{leaf.Chain[0]}, leaf.Chain...), testTime),
		both(ErrMalformedCertificate)("not DER", [][]byte{leaf.Chain[0], {1, 2, 3}}, testTime),
		both(ErrMalformedCertificate)("bytes behind", [][]byte{append(append([]byte{}, self.Chain[0]...), 0), self.Chain[0]}, testTime),

		unknown("strangers", [][]byte{self.Chain[0], own.Chain[0]}, testTime),
		unknown("gap", [][]byte{leaf.Chain[0], leaf.Chain[1], anchor.Chain[0]}, testTime),
		unknown("an identity beside somebody else's path", [][]byte{issue(cert{name: "leaf"}, own).Chain[0], identity.Chain[0], own.Chain[0]}, testTime),
		unknown("an identity beside a longer path", [][]byte{mine.Chain[0], identity.Chain[0], mine.Chain[1], mine.Chain[2]}, testTime),
		badSignature("same names, other keys", [][]byte{leaf.Chain[0], issue(cert{name: "identity", ca: true}, nil).Chain[0]}, testTime),
		badSignature("other authority above", [][]byte{leaf.Chain[0], leaf.Chain[1], issue(cert{name: "operator", ca: true}, nil).Chain[0]}, testTime),
		badSignature("other algorithm", [][]byte{leaf.Chain[0], issue(cert{name: "identity", ca: true, scheme: Ed448}, nil).Chain[0]}, testTime),
		badSignature("flipped bit", [][]byte{flipped(leaf.Chain[0]), leaf.Chain[1], leaf.Chain[2], leaf.Chain[3]}, testTime),

		expired("leaf not valid yet", issue(cert{name: "leaf", from: testTime.Add(time.Second)}, own).Chain, testTime),
		expired("leaf valid no more", issue(cert{name: "leaf"}, own).Chain, late),
		expired("identity below an operator not valid yet", issue(cert{name: "leaf"}, issue(cert{name: "identity", ca: true, from: testTime.Add(time.Second)}, anchor)).Chain, testTime),
		good("anchor not valid yet", issue(cert{name: "leaf"}, issue(cert{name: "own", ca: true, from: testTime.Add(time.Second)}, nil)).Chain, testTime),
		good("from the first second", issue(cert{name: "leaf", from: testTime}, own).Chain, testTime),

		notAuthority("identity without CA", notCA.Chain, testTime),
		good("anchor without CA", issue(cert{name: "leaf"}, self).Chain, testTime),
		good("identity with keyCertSign", caUsage(2, 4).Chain, testTime),
		notAuthority("identity without keyCertSign", caUsage(7, 0x80).Chain, testTime),
		notAuthority("path longer than allowed", issue(cert{name: "leaf"}, issue(cert{name: "identity", ca: true}, short)).Chain, testTime),

		good("leaf with digitalSignature", usage(own, 7, 0x80).Chain, testTime),
		both(ErrKeyUsage)("leaf with keyAgreement only", usage(own, 3, 8).Chain, testTime),
		both(ErrVersion)("leaf of version 1", [][]byte{version1(own), own.Chain[0]}, testTime),
	}
}

func flipped(cert []byte) []byte {
	cert = append([]byte{}, cert...)
	cert[len(cert)-1] ^= 1
	return cert
}

// version1 is a leaf like that of issue, without version and extensions.
func version1(parent *KeyPair) []byte {
	leaf := cryptobyte.String(issue(cert{name: "leaf"}, parent).Chain[0])
	var outer, tbs, skipped cryptobyte.String
	leaf.ReadASN1(&outer, der.SEQUENCE)
	outer.ReadASN1(&tbs, der.SEQUENCE)
	tbs.ReadASN1Element(&skipped, der.Tag(0).Constructed().ContextSpecific())
	var b cryptobyte.Builder
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		for range 6 { // serial, algorithm, issuer, validity, subject, key
			var element cryptobyte.String
			var tag der.Tag
			tbs.ReadAnyASN1Element(&element, &tag)
			b.AddBytes(element)
		}
	})
	signed := b.BytesOrPanic()
	var c cryptobyte.Builder
	c.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(signed)
		addAlgorithm(b, parent.Scheme())
		b.AddASN1BitString(parent.Sign(signed))
	})
	return c.BytesOrPanic()
}

func TestFact58VerifyChain(t *testing.T) {
	for _, test := range chainCases() {
		var fingerprint [32]byte
		if len(test.chain) > 1 {
			fingerprint = Fingerprint(test.chain[1])
		}
		if err := VerifyChain(test.chain, fingerprint, test.now); !errors.Is(err, test.router) {
			t.Errorf("router, %s: %v, want %v", test.name, err, test.router)
		}
		if err := VerifyClientChain(test.chain, test.now); !errors.Is(err, test.client) {
			t.Errorf("client, %s: %v, want %v", test.name, err, test.client)
		}
	}
}

func TestVerifyFingerprint(t *testing.T) {
	r := routers()[Ed448]
	if err := VerifyChain(r.leaf.Chain, Fingerprint(r.leaf.Chain[0]), testTime); err != ErrUnknownCA {
		t.Errorf("fingerprint of the leaf: %v", err)
	}
	if err := VerifyChain(r.leaf.Chain, r.identity(), testTime); err != nil {
		t.Error(err)
	}
}

func TestIdentity(t *testing.T) {
	a, b, c := []byte("a"), []byte("b"), []byte("c")
	for _, test := range []struct {
		chain [][]byte
		want  string
	}{{nil, ""}, {[][]byte{a}, "a"}, {[][]byte{a, b}, "b"}, {[][]byte{a, b, c}, "b"}} {
		if got := Identity(test.chain); string(got) != test.want {
			t.Errorf("identity of %q is %q", test.chain, got)
		}
	}
}
