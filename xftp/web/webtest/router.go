package webtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	stdtls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"testing"
	"time"

	"switchyard/xftp/router"
	"switchyard/xftp/router/routertest"
	"switchyard/xftp/web"
)

// Host is the name under which browsers reach routers of tests: with an address they would not send a server name.
const Host = "localhost"

// Certificate is one for Host, as PEM.
func Certificate(t testing.TB) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: Host}, DNSNames: []string{Host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	check(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	check(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

// Router is a router with a site.
type Router struct {
	*routertest.Router
	URL string // of the site, without a path
}

// StartRouter starts a router with a site, which ends with the test. change may change its configuration.
func StartRouter(t testing.TB, change func(*router.Config)) *Router {
	t.Helper()
	pair, err := stdtls.X509KeyPair(Certificate(t))
	check(t, err)
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	check(t, err)
	t.Cleanup(func() { root.Close() })
	var cfg router.Config
	r := routertest.Start(t, func(c *router.Config) {
		c.Web, c.Pages = &pair, web.Handler(root)
		if change != nil {
			change(c)
		}
		cfg = *c
	})
	r.Address.Hosts = []string{Host}
	site := web.Site{
		Version: "test", Address: r.Address, Transfer: true, NewFiles: cfg.NewFiles, Password: cfg.Password != "", FileTTL: 48 * time.Hour,
		IniName: "file-server.ini",
	}
	check(t, site.Write(dir))
	return &Router{r, "https://" + net.JoinHostPort(Host, r.Address.Port)}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
