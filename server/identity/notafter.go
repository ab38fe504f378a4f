package identity

import (
	"crypto/x509"
	"time"
)

// NotAfter is when the certificates end: that of TLS as server, and that of the identity, by which clients know the server.
func (id Identity) NotAfter() map[string]time.Time {
	ends := make(map[string]time.Time)
	for i, which := range []string{"server", "identity"} {
		if i >= len(id.KeyPair.Chain) {
			break
		}
		if c, err := x509.ParseCertificate(id.KeyPair.Chain[i]); err == nil { // as Load has checked
			ends[which] = c.NotAfter
		}
	}
	return ends
}
