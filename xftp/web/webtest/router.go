package webtest

import (
	stdtls "crypto/tls"
	"net"
	"os"
	"testing"
	"time"

	"switchyard/server/site"
	"switchyard/smp"
	"switchyard/xftp/packets"
	"switchyard/xftp/router"
	"switchyard/xftp/router/routertest"
	"switchyard/xftp/web"
)

// Host is the name under which browsers reach routers of tests: with an address they would not send a server name.
const Host = "localhost"

// Router is a router with a site, behind a gate.
type Router struct {
	*routertest.Router
	URL  string // of the site, without a path
	Gate *Gate
}

// StartRouter starts a router with a site, which ends with the test. change may change its configuration.
func StartRouter(t testing.TB, change func(*router.Config)) *Router {
	t.Helper()
	return start(t, packets.Options{}, change)
}

// StartSmallRouter starts a router that holds so many bytes.
func StartSmallRouter(t testing.TB, quota int64) *Router {
	t.Helper()
	return start(t, packets.Options{Quota: quota}, nil)
}

func start(t testing.TB, o packets.Options, change func(*router.Config)) *Router {
	t.Helper()
	pair, err := stdtls.X509KeyPair(routertest.WebCertificate(t, Host))
	check(t, err)
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	check(t, err)
	t.Cleanup(func() { root.Close() })
	var cfg router.Config
	r := routertest.StartWith(t, o, func(c *router.Config) {
		c.Web, c.Pages = func() *stdtls.Certificate { return &pair }, site.Handler(root, web.Policy)
		if change != nil {
			change(c)
		}
		cfg = *c
	})
	gate := newGate(t, r.Addrs()[0].String())
	r.Address.Hosts, r.Address.Port = []string{Host}, gate.port()
	pages := web.Site{
		Version: "test", Address: smp.ServerAddress{KeyHash: cfg.Identity, Hosts: r.Address.Hosts, Port: r.Address.Port}, Transfer: true, NewFiles: cfg.NewFiles, Password: cfg.Password != "", FileTTL: 48 * time.Hour, Quota: o.Quota,
		IniName: "file-server.ini",
	}
	whole, err := pages.Site()
	check(t, err)
	check(t, whole.Write(dir))
	return &Router{r, "https://" + net.JoinHostPort(Host, gate.port()), gate}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
