package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"slices"

	"switchyard/tls"
)

// check compares the finished handshake with what the case expects.
func (p *peer) check() error {
	if p.version != 0 && p.version != versionTLS13 {
		return fmt.Errorf("version %04x, want %04x", versionTLS13, p.version)
	}
	if suite := int(p.tls.CipherSuite()); p.cipher != 0 && suite != p.cipher {
		return fmt.Errorf("cipher suite %04x, want %04x", suite, p.cipher)
	}
	if group := int(p.tls.Group()); p.curve != 0 && group != p.curve {
		return fmt.Errorf("group %04x, want %04x", group, p.curve)
	}
	want := p.alpn
	if p.server {
		want = p.selectALPN
	}
	if protocol, _ := p.tls.NegotiatedALPN(); protocol != want {
		return fmt.Errorf("ALPN %q, want %q", protocol, want)
	}
	if retried := p.retried(); p.hrr && !retried || p.noHRR && retried {
		return fmt.Errorf("HelloRetryRequest: %v", retried)
	}
	return p.checkPeerChain()
}

func (p *peer) checkPeerChain() error {
	chain := p.tls.PeerChain()
	if p.noPeerCert && chain != nil {
		return fmt.Errorf("the peer has a certificate")
	}
	if p.peerCertFile == "" {
		return nil
	}
	text, err := os.ReadFile(p.peerCertFile)
	if err != nil {
		return err
	}
	want, err := tls.ParseChain(text)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(chain, want, bytes.Equal) {
		return fmt.Errorf("the peer has another chain than %s", p.peerCertFile)
	}
	return nil
}

// retried looks for the random of a HelloRetryRequest (RFC 8446 section 4.1.3) in the handshake messages that the
// server sent in clear.
func (p *peer) retried() bool {
	stream := p.clearIn.Bytes()
	if p.server {
		stream = p.clearOut.Bytes()
	}
	var messages []byte
	for len(stream) > 0 {
		n, _, _ := tls.RecordLen(stream)
		if stream[0] == recordHandshake {
			messages = append(messages, stream[tls.RecordHeader:n]...)
		}
		stream = stream[n:]
	}
	mark := sha256.Sum256([]byte("HelloRetryRequest"))
	return bytes.Contains(messages, mark[:])
}

const recordHandshake = 22
