package identity

import (
	"crypto/x509"
	"time"

	"switchyard/tls"
)

// NotAfter is when the certificates of a server end: that of TLS as server, and that of the identity, by which clients know it.
func NotAfter(pair *tls.KeyPair) map[string]time.Time {
	ends := make(map[string]time.Time)
	for i, which := range []string{"server", "identity"} {
		if i >= len(pair.Chain) {
			break
		}
		if c, err := x509.ParseCertificate(pair.Chain[i]); err == nil { // as Load has checked
			ends[which] = c.NotAfter
		}
	}
	return ends
}
