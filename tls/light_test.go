package tls

import "testing"

// TestLight: the end of a handshake is light without a client certificate, and nothing else is.
func TestLight(t *testing.T) {
	for _, scheme := range []SignatureScheme{0, Ed25519, Ed448} {
		for _, suite := range defaultSuites {
			client, server := clientConfig(Ed25519), serverConfig(Ed25519)
			client.CipherSuites, server.RequestClientCert = []CipherSuite{suite}, true
			if scheme != 0 {
				client.Certificates = []*KeyPair{issue(cert{name: "s", scheme: scheme}, nil)}
			}
			c, s := NewClient(client), NewServer(server)
			_, hello, _ := c.Advance(nil, nil)
			if s.Light(1) || c.Light(1) {
				t.Error("the beginning of a handshake is light")
			}
			_, flight, err := s.Advance(hello, nil)
			must(err)
			_, finished, err := c.Advance(flight, nil)
			must(err)
			if got, want := s.Light(len(finished)), scheme == 0; got != want {
				t.Errorf("scheme %x, suite %x: %d bytes: light %v, want %v", uint16(scheme), uint16(suite), len(finished), got, want)
			}
			_, _, err = s.Advance(finished, nil)
			must(err)
			if !s.HandshakeDone() || s.Light(1) {
				t.Error("the handshake is not done, or light afterwards")
			}
		}
	}
}

// TestLightInPieces: what a client sends in small pieces is not light, as they may be those of a certificate.
func TestLightInPieces(t *testing.T) {
	server := serverConfig(Ed25519)
	server.RequestClientCert = true
	c, s := NewClient(clientConfig(Ed25519)), NewServer(server)
	_, hello, _ := c.Advance(nil, nil)
	_, _, err := s.Advance(hello, nil)
	must(err)
	s.partial = []byte{byte(typeCertificate)}
	if s.Light(1) {
		t.Error("the rest of a message is light")
	}
}
